/**
 * What looks into the data of a node, running or not, says on standard output: one line of JSON
 * each, progress and findings first, then one result or one refusal.
 */
export type InspectionLine =
  | ({ readonly kind: 'progress' } & InspectionProgress)
  | { readonly kind: 'found'; readonly finding: DoctorFinding }
  | { readonly kind: 'result'; readonly value: InspectionResult }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export type InspectionProgress = {
  readonly step: string;
  readonly done: number;
  readonly of: number;
};

export type InspectionResult = DoctorReport | ReplayReport | VerifyRootReport;

export type DoctorFinding = {
  readonly code: string;
  /** `broken`: do not go on. `repairable`: put right at the next start. `note`: worth knowing. */
  readonly severity: 'broken' | 'repairable' | 'note';
  /** A domain or a file. */
  readonly where: string;
  readonly message: string;
  readonly means: string;
  readonly next: string;
};

export type DoctorReport = {
  readonly of: 'doctor';
  readonly domains: number;
  readonly entries: number;
  readonly findings: readonly DoctorFinding[];
};

export type Throughput = { readonly elapsed_ms: number; readonly operations_per_second: number };

/** A domain folded again from genesis. */
export type Refolded = {
  readonly entries: number;
  readonly commits: number;
  readonly chain_time: string;
  readonly state_root: string;
  readonly operations: Readonly<Record<string, number>>;
  /** Objects there are at the end, by class. */
  readonly objects: Readonly<Record<string, number>>;
};

export type ReplayReport = {
  readonly of: 'replay';
  readonly domains: readonly (Refolded & Throughput & { readonly domain_id: string })[];
};

export type VerifiedRoot = Throughput & {
  readonly domain_id: string;
  readonly entries: number;
  readonly log_root: string;
  /** Entries that nobody signed yet; a start voids or seals them. */
  readonly unsealed: number;
  /** The signatures on the checkpoint that covers these entries. */
  readonly signatures: readonly string[];
  readonly refolded?: Refolded;
  /** Why it is not what was signed; absent when it is. */
  readonly fault?: { readonly code: string; readonly message: string };
};

export type VerifyRootReport = {
  readonly of: 'verify-root';
  readonly domains: readonly VerifiedRoot[];
};
