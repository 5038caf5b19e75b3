// The due date of a passenger car's periodic inspection (車検): three years after the first registration, then every two years.

const YEARS_TO_FIRST = 3;
const YEARS_BETWEEN = 2;

/**
 * Returns the first inspection date on or after `today`. All dates are `YYYY-MM-DD`.
 */
export function nextInspection(firstRegistered: string, today: string): string {
  const [year = '', month = '', day = ''] = firstRegistered.split('-');
  let due = Number(year) + YEARS_TO_FIRST;
  // In years without 29 February the inspection is due on the 28th.
  const dateIn = (dueYear: number): string => {
    const leap = new Date(Date.UTC(dueYear, 1, 29)).getUTCDate() === 29;
    return `${dueYear}-${month}-${month === '02' && day === '29' && !leap ? '28' : day}`;
  };
  while (dateIn(due) < today) due += YEARS_BETWEEN;
  return dateIn(due);
}
