//! Whether this device was enrolled just now: then, once, the next screen says how to keep the app at hand.

class Arrival {
  justEnrolled = $state(false);
}

export const arrival = new Arrival();
