import type { Json } from '@ioi/canon';
import type { Hono } from 'hono';
import { ConfigFault } from '../config.ts';
import { jsonBody } from '../json-body.ts';
import { problem } from '../problem.ts';
import type { Questions } from './questions.ts';

const LIMITS = { maxBytes: 2_000_000, code: 'request.invalid' };

/** Models by route: which there are, and one question to one. */
export function addModelRoutes(app: Hono, questions: Questions): void {
  app.get('/v1/models', (context) => {
    try {
      return context.json(questions.routes());
    } catch (fault) {
      if (!(fault instanceof ConfigFault)) throw fault;
      return problem(fault.code, fault.message, 409);
    }
  });
  app.post('/v1/models/ask', async (context) => {
    const body = await jsonBody<Params>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const asked: unknown = body.value;
    if (!isParams(asked)) return problem('request.invalid', 'a question is an object', 400);
    const answered = await questions.ask(asked);
    if (answered.ok) return context.json(answered.value);
    const { code, message } = answered.error;
    return problem(code, message, statusOf(code));
  });
}

type Params = Readonly<Record<string, Json>>;

function isParams(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function statusOf(code: string): 400 | 403 | 404 | 502 | 503 {
  if (code === 'step.params_invalid') return 400;
  if (code === 'model.unknown_route') return 404;
  if (/^(execution|model)\.|^ERR_/.test(code)) return 502;
  return /^(policy|approval|session|request)\./.test(code) ? 403 : 503;
}
