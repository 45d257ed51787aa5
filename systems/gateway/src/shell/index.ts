export {
  type CallEffect,
  type CancelEffect,
  type DropEffect,
  type ProgressReport,
  type ServedSession,
  type SessionHandlers,
  serveSession,
} from './serve-session.ts';
