export { encodeFrame, type FrameError, FrameReader, MAX_FRAME_BYTES } from './frame.ts';
export { decodeMux, encodeMux, type MuxError, type MuxMessage } from './mux.ts';
