import { useEffect, useState } from 'react';
import { spanText } from './amounts.ts';
import { Time } from './parts.tsx';

const LOOK_MS = 10_000;

/** How far away a moment of Chain Time is, and when. */
export function Until({ millis }: { millis: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const left = Number(millis) - now;
  return (
    <>
      until <Time millis={millis} />
      {left > 0 ? `, for ${spanText(left)} more` : ', which is over'}
    </>
  );
}
