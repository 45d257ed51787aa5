import Type from 'typebox';
import { FLOW_LABEL } from '../ids.ts';

/** Every object in an artifact is closed: an unknown field is refused, never ignored. */
export const closed = { additionalProperties: false } as const;

const UINT64_PATTERN =
  '^(0|[1-9][0-9]{0,18}|1[0-7][0-9]{18}|18[0-3][0-9]{17}|184[0-3][0-9]{16}|1844[0-5][0-9]{15}' +
  '|18446[0-6][0-9]{14}|184467[0-3][0-9]{13}|1844674[0-3][0-9]{12}|184467440[0-6][0-9]{10}' +
  '|1844674407[0-2][0-9]{9}|18446744073[0-6][0-9]{8}|1844674407370[0-8][0-9]{6}' +
  '|18446744073709[0-4][0-9]{5}|184467440737095[0-4][0-9]{4}|18446744073709550[0-9]{3}' +
  '|18446744073709551[0-5][0-9]{2}|1844674407370955160[0-9]|1844674407370955161[0-5])$';

/** SHA-256 of canonical bytes, `sha256:<64 hex>` (whitepaper 6.3.2). */
export const Digest = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' });
/** Unsigned 64-bit number as a decimal string; JSON numbers stop at 2^53. */
export const Uint64 = Type.String({ pattern: UINT64_PATTERN });
/** The only time that decides: milliseconds since the Unix epoch as sealed by the guardian. */
export const ChainTime = Type.String({ pattern: UINT64_PATTERN });
/** Telemetry only (RFC 3339); refused in enforceable artifacts. */
export const WallTime = Type.String({ maxLength: 40, 'x-time': 'wall' });
/** A small count that fits a JSON number exactly. */
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const ShortText = Type.String({ minLength: 1, maxLength: 256 });
export const LongText = Type.String({ maxLength: 4096 });
/** Money is never a JSON number (whitepaper 6.3.1). */
export const Money = Type.Object(
  {
    amount: Type.String({ pattern: '^(0|[1-9][0-9]{0,29})(\\.[0-9]{1,18})?$' }),
    unit: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,31}$' }),
  },
  closed,
);
/** `fs::write`, `net::fetch`, `mcp::server::tool` (whitepaper 2.6.1). */
export const Target = Type.String({
  pattern: '^[a-z][a-z0-9_]{0,31}(::[A-Za-z0-9_.-]{1,128}){1,3}$',
});
export const FlowLabel = Type.String({ pattern: FLOW_LABEL });
export const OperationId = Type.String({ pattern: '^op_[0-9a-f]{32}$' });
export const OperationRef = Type.String({ pattern: '^op://op_[0-9a-f]{32}$' });
/** A reference by scheme, such as `plan://…`. */
export const referenceTo = (scheme: string) =>
  Type.String({ pattern: `^${scheme}://[A-Za-z0-9._~%@:+*/-]{1,500}$` });
export const Semver = Type.String({
  pattern: '^(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})$',
});
export const ReceiptId = Type.String({ pattern: '^receipt_[0-9a-f]{32}$' });
export const AgentId = Type.String({ pattern: '^agent://[A-Za-z0-9._~:/-]{1,200}$' });
export const NodeId = Type.String({ pattern: '^node://[a-z0-9.-]{1,64}/[0-9a-f]{32}$' });
/** Host, or address in brackets where it has colons, and port. */
export const TlsAddress = Type.String({
  pattern: '^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\\[[0-9a-f:.]{2,45}\\]):[1-9][0-9]{0,4}$',
});
/** A node among those that serve the same domains. */
export const MemberName = Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' });
export const DomainId = Type.String({
  pattern: '^agentgres://domain/[a-z0-9]([a-z0-9.-]{0,126}[a-z0-9])?$',
});
export const PrimitiveCapability = Type.String({ pattern: '^prim:[a-z]+(\\.[a-z_]+)+$' });
export const AuthorityScope = Type.String({ pattern: '^scope:[a-z][a-z0-9_.]*$' });
export const AuthorityRequestId = Type.String({ pattern: '^authreq_[0-9a-f]{32}$' });
export const GrantId = Type.String({ pattern: '^grant_[0-9a-f]{32}$' });
export const CertificateId = Type.String({ pattern: '^cert_[0-9a-f]{32}$' });
/** Who uses authority, and who gives it (whitepaper B.4). */
export const AuthoritySubject = Type.String({
  pattern: '^(agent|worker|runtime)://[A-Za-z0-9._~:/-]{1,200}$',
});
export const AuthorityIssuer = Type.String({
  pattern: '^(wallet|org|policy)://[A-Za-z0-9._~:/-]{1,200}$',
});
/**
 * One resource by its canonical address, or with a last part of `*` what lies one step below it,
 * of `**` all that lies at or below it. No wildcard stands anywhere else.
 */
export const Resource = Type.String({
  pattern:
    "^[a-z][a-z0-9+.-]{0,31}:/(/[A-Za-z0-9._~%@:+,=!$&'()-]*)" +
    "(/[A-Za-z0-9._~%@:+,=!$&'()-]+)*(/\\*{1,2}|/)?$",
  maxLength: 1024,
});
/** An amount of US dollars, exact. */
export const DollarAmount = Type.String({
  pattern: '^(0|[1-9][0-9]{0,29})(\\.[0-9]{1,18})?$',
});
/** What a service module may ask for: `prim:*` and `scope:*` (whitepaper B.3). */
export const Capability = Type.Union([PrimitiveCapability, AuthorityScope]);
const PART = '[A-Za-z0-9._~%@:+*-]{1,128}';
export const ModuleId = Type.String({ pattern: `^module://${PART}/${PART}/${PART}$` });
/** An identifier of any scheme, or a DID; its scheme is checked where it means something. */
export const Uri = Type.String({ pattern: '^[a-z]+:[A-Za-z0-9._~%@:/+*-]{1,512}$' });
/** Unsigned 128-bit amount; 38 digits always fit. */
export const Uint128 = Type.String({ pattern: '^(0|[1-9][0-9]{0,37})$' });
export const Base64 = Type.String({
  pattern: '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
});
/** What can be compared for equality. */
export const Scalar = Type.Union([
  Type.String({ maxLength: 1024 }),
  Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
  Type.Boolean(),
]);
export const JsonObject = Type.Record(Type.String(), Type.Unknown());

export const HybridSignature = Type.Object(
  {
    algorithm: Type.Literal('hybrid-ed25519-ml-dsa-44'),
    key_id: Digest,
    ed25519: Base64,
    ml_dsa_44: Base64,
  },
  closed,
);

export const Ed25519Signature = Type.Object(
  { algorithm: Type.Literal('ed25519'), key_id: Digest, signature: Base64 },
  closed,
);

export const Ed25519PublicKey = Type.Object(
  { algorithm: Type.Literal('ed25519'), key: Base64 },
  closed,
);

/** Of a group, and how many of its members sign. */
export const ThresholdPublicKey = Type.Object(
  {
    algorithm: Type.Literal('threshold-ed25519-ml-dsa-44'),
    threshold: Type.Integer({ minimum: 2, maximum: 64 }),
    ed25519: Base64,
    ml_dsa_44: Type.Array(Base64, { minItems: 2, maxItems: 64 }),
  },
  closed,
);

export const ThresholdSignature = Type.Object(
  {
    algorithm: Type.Literal('threshold-ed25519-ml-dsa-44'),
    key_id: Digest,
    ed25519: Base64,
    ml_dsa_44: Type.Array(
      Type.Object({ member: Type.Integer({ minimum: 0, maximum: 63 }), signature: Base64 }, closed),
      { minItems: 2, maxItems: 64 },
    ),
  },
  closed,
);

export const HybridPublicKey = Type.Object(
  {
    algorithm: Type.Literal('hybrid-ed25519-ml-dsa-44'),
    ed25519: Base64,
    ml_dsa_44: Base64,
  },
  closed,
);

/** A key of one, or of a group; each signs both ways. */
export const PrincipalKey = Type.Union([HybridPublicKey, ThresholdPublicKey]);
export const PrincipalSignature = Type.Union([HybridSignature, ThresholdSignature]);
