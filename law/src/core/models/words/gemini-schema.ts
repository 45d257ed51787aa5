import { type Fields, isFields, listIn } from './fields.ts';

/** Gemini reads either spelling of a name; this has the first: `topP`, not `top_p`. */
export function plainNames(fields: Fields): Fields {
  const named = Object.entries(fields).map(([name, value]) => {
    return [name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), value] as const;
  });
  return Object.fromEntries(named);
}

/** For whoever shows a form, or writes one: nothing of what fits it. */
const BESIDE = ['propertyOrdering', 'example', 'nullable'];
/** Whole numbers that are written as texts there. */
const COUNTS = ['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'];

/** The JSON Schema that a `Schema` of Gemini is, which is one of OpenAPI 3.0. */
export function jsonSchemaOf(given: Fields): Fields {
  const schema = plainNames(given);
  const told = Object.entries(schema).filter(([name]) => !BESIDE.includes(name));
  const made = told.map(([name, value]) => [name, memberOf(name, value)] as const);
  const { type, ...others } = Object.fromEntries(made);
  if (type === undefined) return others;
  return { type: schema['nullable'] === true ? [type, 'null'] : type, ...others };
}

function memberOf(name: string, value: unknown): unknown {
  if (name === 'type' && typeof value === 'string') return value.toLowerCase();
  if (COUNTS.includes(name)) return Number(value);
  if (name === 'items' && isFields(value)) return jsonSchemaOf(value);
  if (name === 'anyOf')
    return listIn(value).map((each) => (isFields(each) ? jsonSchemaOf(each) : each));
  if (name !== 'properties' || !isFields(value)) return value;
  const all = Object.entries(value);
  return Object.fromEntries(
    all.map(([each, schema]) => [each, isFields(schema) ? jsonSchemaOf(schema) : schema]),
  );
}
