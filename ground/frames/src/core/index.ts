export { eventsIn, type StreamEvent } from './event-stream.ts';
export { encodeFrame, type FrameError, FrameReader } from './frame.ts';
export { decodeMux, encodeMux, type MuxError, type MuxMessage } from './mux.ts';
