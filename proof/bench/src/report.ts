export type Target = { readonly op: '<=' | '>='; readonly value: number };

/** What the same work took the peer, in the unit given, measured in the same run. */
export type Peer = { readonly name: string; readonly value: number; readonly ratio: number };

export type Figure = {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: Target;
  readonly peer?: Peer;
};

/** Where a bench puts what it found. */
export type Report = {
  figure(figure: Figure): void;
  /** For people only: what was measured and on what. */
  note(text: string): void;
};

/** One JSON object a line, and nothing else on standard output. */
export function jsonReport(run: string): Report {
  return {
    figure({ figure, value, unit, peer }) {
      const line = {
        run,
        figure,
        value: rounded(value),
        unit,
        ...(peer && {
          peer: peer.name,
          peer_value: rounded(peer.value),
          ratio: rounded(peer.ratio),
        }),
      };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    },
    note(text) {
      process.stderr.write(`${run}: ${text}\n`);
    },
  };
}

export function textReport(run: string): Report {
  return {
    figure({ figure, value, unit, target, peer }) {
      const parts = [`${run}  ${figure}  ${rounded(value)} ${unit}`];
      if (peer !== undefined) parts.push(`(${peer.name}: ${rounded(peer.value)})`);
      if (target !== undefined) {
        const verdict = isMet(value, target) ? 'pass' : 'miss';
        parts.push(`target ${target.op} ${target.value}: ${verdict}`);
      }
      process.stdout.write(`${parts.join('  ')}\n`);
    },
    note(text) {
      process.stdout.write(`${run}  ${text}\n`);
    },
  };
}

export function isMet(value: number, target: Target): boolean {
  return target.op === '<=' ? value <= target.value : value >= target.value;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
