// ⑦ shows the data that is known as a card, and asks for the rest.
import type { Profile, ProfileKey } from '../domain/profile-fields.ts';
import type { PageState } from '../http/page-context.ts';
import { fieldsOf, formOf, profileFields, readProfileForm, shortRows, type Asked, type Typed } from './profile-form.ts';

type Section = ReturnType<typeof formOf>['sections'][number];

/** A section of the form, split into lines that are known and lines that have to be typed. */
export type SplitSection = Section & {
  known: Section['rows'];
  missing: Section['rows'];
  /** The known data, as the card shows it. */
  facts: { label: string; value: string }[];
  /** Whether the fields of the known data are shown. */
  open: boolean;
};

/** What the form shows. */
type Shown = {
  values: Typed;
  errors: Record<string, string>;
  /** The section whose fields the person wants to change. */
  edit?: string;
};

/**
 * Splits the form by the data that is known. A claim is known if the form would accept it. The fields of known data are shown if
 * the person changes them or if one of them is wrong.
 */
export function splitForm(
  asked: Asked,
  known: Profile,
  { values, errors, edit }: Shown,
  { now, ...state }: Pick<PageState, 'language' | 't'> & { now: number },
): SplitSection[] {
  const knownFields = profileFields(known);
  const { profile, problems } = readProfileForm(knownFields, asked, now);
  const isKnown = (claim: ProfileKey): boolean =>
    profile[claim] !== undefined && fieldsOf(claim).every((field) => problems[field] === undefined);
  return formOf(asked).sections.map((section) => {
    const rowsWhere = (wanted: boolean): Section['rows'] =>
      section.rows.filter(({ inputs }) => inputs.every(({ claim }) => isKnown(claim)) === wanted);
    const claims = rowsWhere(true).flatMap(({ inputs }) => inputs.map(({ claim }) => claim));
    const isTouched = (field: string): boolean =>
      errors[field] !== undefined || (values[field] ?? '') !== (knownFields[field] ?? '');
    return {
      ...section,
      known: rowsWhere(true),
      missing: rowsWhere(false),
      facts: shortRows(known, claims, state),
      open: edit === section.name || claims.flatMap(fieldsOf).some(isTouched),
    };
  });
}
