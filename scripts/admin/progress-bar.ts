// A progress bar on a terminal; nothing elsewhere.

type Output = { write(text: string): unknown; isTTY?: boolean };

const WIDTH = 30;

/** Makes a bar. @param total of what, such as bytes */
export function createBar(out: Output, name: string, total: number, what: string) {
  return {
    show(done: number): void {
      if (!out.isTTY) return;
      const share = total === 0 ? 1 : Math.min(done / total, 1);
      const bar = '█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░');
      out.write(`\r${name.padEnd(20)}${bar} ${Math.round(share * 100)} % of ${total} ${what}`);
    },
    end(): void {
      if (out.isTTY) out.write('\n');
    },
  };
}
