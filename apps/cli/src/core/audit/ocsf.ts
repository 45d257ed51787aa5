/** One line of an audit stream: an event of OCSF 1.6, as far as this node knows its fields. */
export type OcsfEvent = {
  readonly metadata: {
    readonly version: '1.6.0';
    readonly product: {
      readonly vendor_name: 'IOI';
      readonly name: 'Hypervisor';
      readonly version: string;
    };
    /** The same whenever the same is sent again. */
    readonly uid: string;
    readonly event_code: string;
    readonly log_name: string;
    readonly sequence: number;
    readonly correlation_uid?: string;
    readonly profiles?: readonly string[];
  };
  /** Chain Time of the entry, in milliseconds since 1970. */
  readonly time: number;
  readonly message: string;
  readonly unmapped: Readonly<Record<string, unknown>>;
  readonly actor?: { readonly app_name: string; readonly session?: { readonly uid: string } };
  readonly src_endpoint?: { readonly name: string };
  readonly api?: { readonly operation: string };
  readonly resources?: readonly { readonly type: string; readonly data: unknown }[];
  readonly entity?: { readonly name: string; readonly type: string };
  readonly finding_info?: {
    readonly uid: string;
    readonly title: string;
    readonly types: readonly string[];
  };
} & OcsfKind &
  Partial<OcsfControl>;

/** OCSF's profile `security_control`: what was done about it. */
export type OcsfControl = {
  readonly action_id: number;
  readonly action: string;
  readonly disposition_id: number;
  readonly disposition: string;
};

export type OcsfKind = {
  readonly category_uid: number;
  readonly category_name: string;
  readonly class_uid: number;
  readonly class_name: string;
  readonly activity_id: number;
  readonly activity_name: string;
  readonly type_uid: number;
  readonly severity_id: number;
  readonly severity: string;
  readonly status_id: number;
  readonly status: string;
};

const CLASSES = {
  finding: { category_uid: 2, category_name: 'Findings', uid: 2004, name: 'Detection Finding' },
  entity: {
    category_uid: 3,
    category_name: 'Identity & Access Management',
    uid: 3004,
    name: 'Entity Management',
  },
  api: { category_uid: 6, category_name: 'Application Activity', uid: 6003, name: 'API Activity' },
} as const;

const ACTIVITIES = {
  create: { id: 1, name: 'Create' },
  read: { id: 2, name: 'Read' },
  update: { id: 3, name: 'Update' },
  delete: { id: 4, name: 'Delete' },
  other: { id: 99, name: 'Other' },
} as const;

const SEVERITIES = {
  informational: { id: 1, name: 'Informational' },
  medium: { id: 3, name: 'Medium' },
  high: { id: 4, name: 'High' },
} as const;

const STATUSES = {
  success: { id: 1, name: 'Success' },
  failure: { id: 2, name: 'Failure' },
  other: { id: 99, name: 'Other' },
} as const;

export type Activity = keyof typeof ACTIVITIES;
export type Severity = keyof typeof SEVERITIES;
export type Status = keyof typeof STATUSES;

/** What OCSF calls it, by number and by name. */
export function kindOf(
  of: keyof typeof CLASSES,
  how: { readonly activity: Activity; readonly severity: Severity; readonly status: Status },
): OcsfKind {
  const { uid, name, ...category } = CLASSES[of];
  const activity = ACTIVITIES[how.activity];
  const severity = SEVERITIES[how.severity];
  const status = STATUSES[how.status];
  return {
    ...category,
    class_uid: uid,
    class_name: name,
    activity_id: activity.id,
    activity_name: activity.name,
    type_uid: uid * 100 + activity.id,
    severity_id: severity.id,
    severity: severity.name,
    status_id: status.id,
    status: status.name,
  };
}
