import type { Socket } from 'node:net';
import { Pace } from '@ioi/basis';
import { sourceOf } from '../core/index.ts';

/** Of one name: nobody takes all of its room, and all together no more than its node can do. */
const MOST_OF_NAME = 64;
const MOST_OF_SOURCE = 16;
const MOST_A_SECOND = 32;
const MOST_A_SECOND_OF_SOURCE = 16;
/** Those who came of late; more are only kept apart while they come that fast. */
const MOST_PACES = 1024;

type Room = {
  readonly open: Map<Socket, string>;
  readonly pace: Pace;
  readonly paces: Map<string, Pace>;
};

/** Approvers that are connected, by the name they came for. */
export class Callers {
  readonly #rooms = new Map<string, Room>();

  /** Whether it may stay; it leaves by itself when it closes. */
  enter(name: string, socket: Socket): boolean {
    const room = this.#roomOf(name);
    const source = sourceOf(socket.remoteAddress);
    const sources = [...room.open.values()];
    if (sources.filter((each) => each === source).length >= MOST_OF_SOURCE) return false;
    // Its own pace first: what one address has refused is not counted against the others.
    if (!paceOf(room, source).isWithin(performance.now())) return false;
    if (!room.pace.isWithin(performance.now()) || room.open.size >= MOST_OF_NAME) return false;
    room.open.set(socket, source);
    socket.once('close', () => room.open.delete(socket));
    return true;
  }

  /** The name is nobody's any more. */
  cut(name: string): void {
    const room = this.#rooms.get(name);
    this.#rooms.delete(name);
    for (const socket of room?.open.keys() ?? []) socket.destroy();
  }

  #roomOf(name: string): Room {
    const room = this.#rooms.get(name) ?? newRoom();
    this.#rooms.set(name, room);
    return room;
  }
}

function newRoom(): Room {
  return { open: new Map(), pace: new Pace(MOST_A_SECOND), paces: new Map() };
}

function paceOf({ paces }: Room, source: string): Pace {
  const pace = paces.get(source) ?? new Pace(MOST_A_SECOND_OF_SOURCE);
  if (paces.size >= MOST_PACES) paces.clear();
  paces.set(source, pace);
  return pace;
}
