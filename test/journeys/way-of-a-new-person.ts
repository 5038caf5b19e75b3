// The way of a new person, screen by screen, for journeys that leave it at each of them.
import { NEW_PASSWORD, WORDS, type Screen, type Traveller } from './traveller.ts';

/** The way of a new person, screen by screen: what is on, and what leads on from it. */
export const WAY: [screen: Screen, goOn: (person: Traveller, email: string) => Promise<void>][] = [
  ['about', async (person) => person.agree()],
  ['email', async (person, email) => person.askForCode(email)],
  ['code', async (person, email) => person.typeCode(email)],
  [
    'profile',
    async (person) => {
      await person.fillProfile();
      await person.press(WORDS.confirm);
    },
  ],
  ['confirm', async (person) => person.press(WORDS.write)],
  ['complete', async (person) => person.press(WORDS.next)],
  ['dealer', async (person) => person.press(WORDS.link)],
  ['login', async (person) => person.signIn(undefined, NEW_PASSWORD)],
  [
    'required',
    async (person) => {
      await person.fillRequired();
      await person.press(WORDS.confirm);
    },
  ],
  ['requiredConfirm', async (person) => person.press(WORDS.write)],
  ['requiredDone', async (person) => person.press(WORDS.next)],
];
