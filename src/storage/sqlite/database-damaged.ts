// The error of a damaged file, with the way out.

/** The file is not a sound SQLite database. */
export class DatabaseDamaged extends Error {
  override name = 'DatabaseDamaged';

  /** @param cause the finding, or SQLite's error */
  constructor(path: string, cause: unknown) {
    const message =
      `${path} is damaged, or is no SQLite database. Stop every process that uses it, move it and the files ${path}-wal and ` +
      `${path}-shm away (keep them: a specialist may recover them), and put a backup in its place.`;
    super(message, { cause });
  }
}
