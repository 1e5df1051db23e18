package dev.beagle.failure;

/** Failures classed by what the caller can do about them. */
public enum FailureKind {
  /** The request can never succeed as it is written. */
  INVALID_ARGUMENT,
  /** The named object does not exist. */
  NOT_FOUND,
  /** An object of that name exists and differs from the one asked for. */
  ALREADY_EXISTS,
  /** The object exists, but not in a state that allows the operation. */
  WRONG_STATE,
  /** A limit of the host or of the configuration was reached. */
  EXHAUSTED,
  /** The caller, or we, may not do that. */
  DENIED,
  /** Credentials are missing or wrong. */
  UNAUTHENTICATED,
  /** Something that we depend on cannot be reached now; a retry may help. */
  UNAVAILABLE,
  /** The time allowed ran out. */
  TIMED_OUT,
  /** The caller gave up, or we are stopping. */
  CANCELLED,
  /** This build or this host cannot do that. */
  UNSUPPORTED,
  /** Data does not match its digest or its format. */
  CORRUPTED,
  /** A defect of ours, or an error of the host that nobody foresaw. */
  INTERNAL
}
