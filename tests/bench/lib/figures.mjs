// What was measured: noted round by round, told as one table at the end.

export const atLeast = (limit) => ({ text: `≥ ${limit}`, met: (ratio) => ratio >= limit });
export const atMost = (limit) => ({ text: `≤ ${limit}`, met: (ratio) => ratio <= limit });

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
export const p95 = (values) => [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1];

const digits = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const GROWN = [20000, 200];

export class Figures {
  rows = new Map();

  /**
   * what: "ours : the other". grows: the name under which ours is told once more, at its largest size beside its smallest.
   * unit: '/s', where more is better, or another, where less is. rows: how many an answer holds; growth that comes of that alone
   * shall be seen. other and aim may be missing: then a figure is only printed.
   */
  note({ what, size = '', clients = '', unit = '/s', ours, other, aim, grows, rows }) {
    const key = [what, size, clients].join('|');
    const row = this.rows.get(key) ?? { what, size, clients, unit, aim, grows, rows, ours: [], others: [] };
    this.rows.set(key, row);
    row.ours.push(ours);
    if (other !== undefined) row.others.push(other);
  }

  /** One row for each that was measured at 200 and at 20,000: how many times as long it takes at the larger. */
  grown() {
    const all = [...this.rows.values()].filter(({ grows }) => grows);
    const at = (row, size) => all.find((other) => other.grows === row.grows && other.clients === row.clients && other.size === size);
    return all.filter((row) => row.size === GROWN[0] && at(row, GROWN[1])).map((row) => {
      const small = at(row, GROWN[1]);
      const [slow, quick] = row.unit === '/s' ? [small, row] : [row, small];
      const rows = row.rows === small.rows ? '' : `, ${row.rows} rows : ${small.rows}`;
      return { what: `growth: ${row.grows}${rows}`, size: GROWN.join(' : '), clients: row.clients, unit: row.unit, aim: atMost(2), ours: row.ours, others: small.ours,
        ratios: slow.ours.slice(0, quick.ours.length).map((value, round) => value / quick.ours[round]) };
    });
  }

  lines() {
    return [...this.rows.values(), ...this.grown()].map((row) => {
      const ratios = row.ratios ?? row.others.map((other, round) => row.ours[round] / other);
      const ratio = ratios.length ? median(ratios) : undefined;
      const judged = row.aim && (ratio ?? median(row.ours));
      return [row.what, String(row.size), String(row.clients), `${digits(median(row.ours))} ${row.unit}`, row.others.length ? `${digits(median(row.others))} ${row.unit}` : '',
        ratio === undefined ? '' : ratio < 0.1 ? ratio.toFixed(4) : digits(ratio), row.aim?.text ?? '', row.aim ? (row.aim.met(judged) ? 'ok' : 'missed') : ''];
    });
  }

  table() {
    const lines = [['what', 'size', 'clients', 'ours', 'other', 'ratio', 'aim', 'ok'], ...this.lines()];
    const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
    return lines.map((line) => line.map((text, i) => (i === 0 || i > 5 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join('  ').trimEnd()).join('\n');
  }
}
