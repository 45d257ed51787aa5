import Type, {
  type Static,
  type TObject,
  type TProperties,
  type TSchema,
  type TUnsafe,
} from 'typebox';
import { closed } from '../artifacts/primitives.ts';
import type { LeastRole } from '../roles.ts';

/** A type of the API by its name: a component of the document. Artifacts are declared alike. */
export type Declared<S extends TSchema = TSchema> = {
  readonly name: string;
  readonly summary: string;
  readonly schema: S;
};

/** What a declared type is in TypeScript. */
export type TypeOf<D extends { readonly schema: TSchema }> = Static<D['schema']>;

export type Answered = {
  /** Absent where there is no body. */
  readonly type?: string;
  readonly schema?: TSchema;
  /** What is said beside the body, by the name of the header. */
  readonly headers?: Readonly<Record<string, string>>;
};

export type Parameter = {
  readonly summary?: string;
  readonly schema?: TSchema;
  /** A header of the request; else a member of the query. */
  readonly in?: 'header';
  readonly required?: boolean;
};

/** Dotted codes by status. `family.*` stands for every code that a module of the log answers. */
export type ProblemCodes = Readonly<Record<number, readonly string[]>>;

export type Declaring = {
  /** `GET /v1/show/{id}` */
  readonly route: string;
  readonly id: string;
  /** The least that somebody needs who signed in; whoever opens the socket is the owner. */
  readonly role: LeastRole;
  readonly summary: string;
  readonly description?: string;
  /** Members of the path that are not just a text. */
  readonly path?: Readonly<Record<string, Parameter>>;
  readonly query?: Readonly<Record<string, Parameter>>;
  readonly body?: TSchema;
  readonly answers: Readonly<Record<number, Answered>>;
  readonly problems?: ProblemCodes;
  /** Done once for one Idempotency-Key. */
  readonly once?: true;
  /** `reading`: a portable session may ask too, with a header of its own. */
  readonly access?: 'reading';
};

export type OperationDeclaration = Declaring & { readonly tag: string };

/** Every member is read only, and none but these is answered. */
export function object<P extends TProperties>(
  properties: P,
  description?: string,
): TUnsafe<Readonly<Static<TObject<P>>>> {
  const options = description === undefined ? closed : { ...closed, description };
  return as(Type.Object(properties, options));
}

export function list<S extends TSchema>(items: S, description?: string): TUnsafe<Items<S>> {
  return as(Type.Array(items, description === undefined ? {} : { description }));
}
type Items<S extends TSchema> = readonly Static<S>[];

export function mapOf<S extends TSchema>(
  values: S,
  description?: string,
): TUnsafe<Readonly<Record<string, Static<S>>>> {
  return as(Type.Record(Type.String(), values, description === undefined ? {} : { description }));
}

/** A declared type or an artifact, by its name. */
export function of<S extends TSchema>(declared: {
  readonly name: string;
  readonly schema: S;
}): TUnsafe<Static<S>> {
  return as({ $ref: `#/components/schemas/${declared.name}` });
}

export const optional = Type.Optional;

export function text(description?: string) {
  return Type.String(description === undefined ? {} : { description });
}

export function whole(description?: string) {
  const options = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
  return Type.Integer(description === undefined ? options : { ...options, description });
}

export function number(description?: string) {
  return Type.Number(description === undefined ? {} : { description });
}

export function flag(description?: string) {
  return Type.Boolean(description === undefined ? {} : { description });
}

export function oneOf<const T extends readonly string[]>(
  names: T,
  description?: string,
): TUnsafe<T[number]> {
  return as({
    type: 'string',
    enum: [...names],
    ...(description === undefined ? {} : { description }),
  });
}

export const anyValue = Type.Unknown;

export function declare<S extends TSchema>(name: string, summary: string, schema: S): Declared<S> {
  return { name, summary, schema };
}

export function json(schema: TSchema): Answered {
  return { type: 'application/json', schema };
}

/** The same under a tag, and what whoever has it already is answered. */
export function taggedJson(schema: TSchema, tag: string): Readonly<Record<number, Answered>> {
  const headers = { ETag: tag };
  return { 200: { ...json(schema), headers }, 304: { headers } };
}

/** The operations of one subject. */
export function operations(tag: string, each: readonly Declaring[]): OperationDeclaration[] {
  return each.map((one) => ({ ...one, tag }));
}

function as<T>(schema: object): TUnsafe<T> {
  return schema as unknown as TUnsafe<T>;
}
