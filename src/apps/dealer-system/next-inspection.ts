// When a passenger car must go to the periodic inspection (車検): three years after its first registration, then every two.

const YEARS_TO_FIRST = 3;
const YEARS_BETWEEN = 2;

/**
 * The first inspection date that is not before `today`; both dates are `YYYY-MM-DD`.
 */
export function nextInspection(firstRegistered: string, today: string): string {
  const [year = '', month = '', day = ''] = firstRegistered.split('-');
  let due = Number(year) + YEARS_TO_FIRST;
  // 29 February has no anniversary in most years; the inspection is due a day earlier then.
  const dateIn = (dueYear: number): string => {
    const leap = new Date(Date.UTC(dueYear, 1, 29)).getUTCDate() === 29;
    return `${dueYear}-${month}-${month === '02' && day === '29' && !leap ? '28' : day}`;
  };
  while (dateIn(due) < today) due += YEARS_BETWEEN;
  return dateIn(due);
}
