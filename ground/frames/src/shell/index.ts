export { AskPipe } from './ask-pipe.ts';
export { MuxStream } from './mux-stream.ts';
