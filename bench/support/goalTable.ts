import type { Checked } from './checkGoals';
import { columns } from './columns';

/** Goal, measured, met. */
export function goalTable(checked: readonly Checked[]): string {
  const rows = checked.map(({ goal, measured, met }) => {
    const { workload, case: id, contender, metric, to, absolute, atLeast, atMost } = goal;
    const bound = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
    const other = absolute ? '' : ` × ${to ?? 'floor'}`;
    const number = measured === undefined ? 'not measured' : measured.toFixed(2);
    return [
      `  ${workload} ${id}: ${contender}, ${metric}${other}`,
      bound,
      number,
      met === undefined ? '' : met ? 'met' : 'MISSED',
    ];
  });
  return columns([['goals', 'goal', 'measured', ''], ...rows], 84);
}
