declare const brand: unique symbol;

/** A `T` that only its own checker hands out. The mark exists for the compiler alone. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
