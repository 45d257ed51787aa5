import { err, ok, type Result } from '@ioi/basis';
import type { ObjectStep, Rejection, View } from '@ioi/protocol';
import type { ClassCache, CompiledClass } from './class-cache.ts';
import type { Form } from './form.ts';
import { keys, type ObjectHead } from './heads.ts';
import { mergePatch } from './merge-patch.ts';
import { isObjectId } from './names.ts';
import { type Fault, formatPointer, type JsonObject } from './pointer.ts';

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
  const base = before?.value;
  const value = valueAfter(step, base);
  if (value) {
    const fault = form.declared.check(value);
    if (fault) return err(misfit(step, fault));
  }
  const keepsOriginal = compiled.head.migration?.direction === 'forward';
  return ok({
    ...{ objectClass, id, compiled, form, before, beforeForm, base, value },
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

function misfit({ object_class, id }: ObjectStep, { steps, message }: Fault): Rejection {
  const place = `schema of ${object_class}/${id} at ${formatPointer(steps)}`;
  return { code: 'constraint.schema_type', message: `${place}: ${message}` };
}
