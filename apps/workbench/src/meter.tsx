import { minus } from './amounts.ts';

type Measured = {
  readonly name: string;
  readonly unit: string;
  readonly whole: string;
  readonly left: string;
};

/** From here on a bar says that little is left. */
const LITTLE = 0.9;

/** How much of a bound is used up. The words are exact; the bar need not be. */
export function Meter({ name, unit, whole, left }: Measured) {
  const spent = minus(whole, left);
  const most = Number(whole);
  return (
    <div className="max-w-md">
      <p>{`${spent} of ${whole} ${unit} spent, ${left} left`}</p>
      <meter
        className="w-full"
        aria-label={`${unit} spent of ${name}`}
        min={0}
        max={most}
        high={most * LITTLE}
        optimum={0}
        value={Number(spent)}
      />
    </div>
  );
}
