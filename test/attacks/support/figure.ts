// How many times an attack is repeated: npm run attacks does what design/security.md says, npm test the same on a smaller scale.
export function figure(full: number, short: number): number {
  return process.env.FULL_FIGURES ? full : short;
}
