export {
  CLOSE_ROLE_SESSION,
  LONGEST_ROLE_SESSION_MS,
  OPEN_ROLE_SESSION,
  type RoleEvent,
} from './module.ts';
export { isAgentOf, isOffboarded, mayAs, type Person, principalOf } from './people.ts';
export { type RoleSessionHead, roleKeys, rolesIn, rolesLeft } from './sessions.ts';
export { ANYBODY, roleFactor } from './sign-in.ts';
