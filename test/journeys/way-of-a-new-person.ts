// The way of a new person, screen by screen, for journeys that leave it anywhere.
import { NEW_PASSWORD, WORDS, type Screen, type Traveller } from './traveller.ts';

/** The way of a new person, screen by screen: the screen, and the action that leads on. */
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
