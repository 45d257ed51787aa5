export { MuxStream } from './mux-stream.ts';
