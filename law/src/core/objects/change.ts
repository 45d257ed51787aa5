import { err, ok, type Result } from '@ioi/basis';
import type { ObjectStep, Rejection, View } from '@ioi/protocol';
import type { ClassCache, CompiledClass } from './class-cache.ts';
import type { Form } from './form.ts';
import { keys, type ObjectHead } from './heads.ts';
import { mergePatch } from './merge-patch.ts';
import { isObjectId } from './names.ts';
import { type Fault, faultHere, formatPointer, type JsonObject } from './pointer.ts';
import { isOfChanges } from './temporal.ts';
import { transform } from './transform.ts';
import { violated } from './violation.ts';

/** One step, resolved against the object it is about. */
export type Change = {
  readonly objectClass: string;
  readonly id: string;
  readonly compiled: CompiledClass;
  /** What the object must fit now. */
  readonly form: Form;
  readonly before: ObjectHead | undefined;
  /** What the object did fit. */
  readonly beforeForm: Form;
  /** The value before, as the form in force would have it. */
  readonly base: JsonObject | undefined;
  /** The value after; undefined when the object goes. */
  readonly value: JsonObject | undefined;
  readonly wasBehind: boolean;
  readonly keepsOriginal: boolean;
};

/** What the schema of a class asks goes by the name of a constraint. */
const SCHEMA = { constraint_id: 'schema', constraint_type: 'schema_type' } as const;

/** Finds class and object, checks the version, and works out the value that is to be. */
export function resolve(
  step: ObjectStep,
  view: View,
  classes: ClassCache,
): Result<Change, Rejection> {
  const { object_class: objectClass, id } = step;
  if (!isObjectId(id)) {
    const message = 'an id has 1 to 512 characters in NFC, none of them a control character';
    return err({ code: 'object.invalid_id', message });
  }
  const compiled = classes.compiled(objectClass, view);
  if (!compiled) return err({ code: 'class.unknown', message: `no class ${objectClass}` });
  const before = view.get<ObjectHead>(keys.object(objectClass, id));
  const refused = refusedBefore(step, before);
  if (refused) return err(refused);
  const { form, source } = compiled;
  const wasBehind = source !== undefined && before?.schema_version === source.schemaVersion;
  const beforeForm = wasBehind ? source : form;
  const base = wasBehind ? converted(before, compiled) : ok(before?.value);
  // A put says all of the object, so it may mend what cannot be converted; nothing that looks
  // at how an object changes could be checked then.
  const mends = step.action === 'put' && !looksBack(form);
  if (!base.ok && !(mends || step.action === 'delete')) return refusedConversion(step, base.error);
  const earlier = base.ok ? base.value : undefined;
  const value = valueAfter(step, earlier);
  if (value) {
    const fault = form.declared.check(value);
    if (fault) {
      const subject = { objectClass, id };
      return violated(SCHEMA, subject, formatPointer(fault.steps), fault.message);
    }
  }
  const keepsOriginal = compiled.head.migration?.direction === 'forward';
  return ok({
    ...{ objectClass, id, compiled, form, before, beforeForm, base: earlier, value },
    ...{ wasBehind, keepsOriginal },
  });
}

function refusedBefore(step: ObjectStep, before: ObjectHead | undefined): Rejection | undefined {
  const name = `${step.object_class}/${step.id}`;
  const version = before?.version ?? '0';
  if (step.expected_version !== undefined && step.expected_version !== version) {
    const message = `${name} is at version ${version}, not ${step.expected_version}`;
    return { code: 'object.version_conflict', message };
  }
  if (step.action !== 'put' && !before) {
    return { code: 'object.missing', message: `there is no ${name}` };
  }
  return undefined;
}

function valueAfter(step: ObjectStep, base: JsonObject | undefined): JsonObject | undefined {
  switch (step.action) {
    case 'put':
      return step.value as JsonObject;
    case 'patch':
      return mergePatch(base, step.patch as JsonObject) as JsonObject;
    case 'delete':
      return undefined;
  }
}

function looksBack({ local, timed }: Form): boolean {
  return [...local, ...timed].some(
    ({ definition: { constraint_type, expression } }) =>
      constraint_type === 'temporal' && isOfChanges(expression as JsonObject),
  );
}

/** An object that a migration has not reached, as the form in force would have it. */
function converted(before: ObjectHead, { head }: CompiledClass): Result<JsonObject, Fault> {
  const { migration } = head;
  if (migration?.direction === 'forward') return transform(before.value, migration.transform);
  const { original } = before;
  return original
    ? ok(original.value)
    : err(faultHere('it has no original: it was created while the migration ran'));
}

function refusedConversion({ object_class, id }: ObjectStep, { steps, message }: Fault) {
  const place = `${object_class}/${id} at ${formatPointer(steps)}`;
  return err({ code: 'migration.not_convertible', message: `${place}: ${message}` });
}
