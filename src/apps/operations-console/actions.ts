// What an operator can do for a person. Each is one action of the API.
import type { Person } from './answers.ts';

export const ACTIONS = ['unlock', 'end-sessions', 'remove-second-factor', 'disable', 'enable', 'export', 'erase'] as const;
export type Action = (typeof ACTIONS)[number];

/** Returns the action of this name; `undefined` if there is none. */
export function actionOf(name: string | undefined): Action | undefined {
  return ACTIONS.find((known) => known === name);
}

/** Returns the actions that change something in the state that the account has. The API refuses the others. */
export function actionsFor({ state, methods }: Pick<Person, 'state' | 'methods'>): Action[] {
  if (state === 'being_erased') return ['export'];
  const isDisabled = state === 'disabled';
  const useless: Action[] = [
    isDisabled ? 'disable' : 'enable',
    ...(methods.second_factor && methods.second_factor.removal_due_at === undefined ? [] : (['remove-second-factor'] as const)),
  ];
  return ACTIONS.filter((action) => !useless.includes(action));
}
