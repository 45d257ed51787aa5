export { type Listening, parseListening, parseLogs } from './settings.ts';
