// accounts export: the copy of a person's data, as they get it on My page.
import { writeFile } from 'node:fs/promises';
import { collectMyData } from '../../../src/account/my-data/collect.ts';
import { languageOf } from '../../../src/language.ts';
import { noteLook } from '../../../src/operations/operator-action.ts';
import { accountFor, BY, NEEDS_BY, withAccess } from '../desk.ts';
import type { Action } from '../topic.ts';

export const exportData: Action = {
  operands: ['<account id>'],
  does: 'makes the copy of the data of a person who cannot get it on My page (docs/my-data.schema.json)',
  options: { ...BY, to: 'a new file for the copy; default: the terminal' },
  needs: NEEDS_BY,
  async run({ operands: [id = ''], values, ...input }) {
    return withAccess(input, async (deps, access) => {
      const { account, action } = await accountFor(deps, id, values);
      await noteLook(deps, account.id, 'exported', action);
      const data = await collectMyData(deps, access, account, languageOf(account.language));
      const text = `${JSON.stringify(data, null, 2)}\n`;
      if (values.to === undefined) return { json: data, text };
      await writeFile(values.to, text, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
        throw new Error(error.code === 'EEXIST' ? `--to: ${values.to} exists already` : `--to: ${values.to} cannot be written`);
      });
      return {
        json: { written: values.to },
        text: `The copy is in ${values.to}. It is personal data: delete it when the person has it.\n`,
      };
    });
  },
};
