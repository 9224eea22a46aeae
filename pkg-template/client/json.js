// JSON as the language writes it. Old libraries such as Prototype.js give arrays, strings and numbers a `toJSON`, so that
// JSON.stringify() makes a string of what they have written already, and an array arrives as one.

/** @param {(value: unknown) => unknown} [replace] what takes the place of a value */
export function stringify(value, replace = (value) => value) {
  return JSON.stringify(value, function (key, written) {
    const given = this[key];
    const isPlain = Array.isArray(given) ? given.toJSON === Array.prototype.toJSON : ["string", "number", "boolean"].includes(typeof given);
    return replace(isPlain ? given : written);
  });
}
