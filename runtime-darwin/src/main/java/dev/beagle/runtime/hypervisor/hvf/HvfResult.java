package dev.beagle.runtime.hypervisor.hvf;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;

/** Turns an {@code hv_return_t} into a {@link Failure} that names the call. */
final class HvfResult {
  private HvfResult() {}

  static void require(int result, String call) {
    if (result != HvfAbi.HV_SUCCESS) {
      throw failure(result, call);
    }
  }

  /** The set of codes is open: what is not known is shown in hex. */
  static Failure failure(int result, String call) {
    return switch (result) {
      case HvfAbi.HV_BUSY ->
          of(FailureKind.WRONG_STATE, call, "HV_BUSY", "this process has a machine already");
      case HvfAbi.HV_NO_RESOURCES ->
          of(
              FailureKind.EXHAUSTED,
              call,
              "HV_NO_RESOURCES",
              "no room for one more machine or vCPU; macOS allows about 128 machines in all");
      case HvfAbi.HV_DENIED ->
          of(
              FailureKind.DENIED,
              call,
              "HV_DENIED",
              "the program that runs this lacks the entitlement com.apple.security.hypervisor; "
                  + "sign it with codesign -s - --entitlements");
      case HvfAbi.HV_UNSUPPORTED ->
          of(FailureKind.UNSUPPORTED, call, "HV_UNSUPPORTED", "not on this machine");
      case HvfAbi.HV_NO_DEVICE ->
          of(FailureKind.UNSUPPORTED, call, "HV_NO_DEVICE", "no hypervisor, or no machine");
      case HvfAbi.HV_BAD_ARGUMENT ->
          of(FailureKind.INTERNAL, call, "HV_BAD_ARGUMENT", "argument or thread");
      case HvfAbi.HV_ILLEGAL_GUEST_STATE ->
          of(FailureKind.INTERNAL, call, "HV_ILLEGAL_GUEST_STATE", "the guest cannot be entered");
      case HvfAbi.HV_ERROR -> of(FailureKind.INTERNAL, call, "HV_ERROR", "no reason given");
      default -> Failure.of(FailureKind.INTERNAL, "%s: error 0x%08x".formatted(call, result));
    };
  }

  private static Failure of(FailureKind kind, String call, String code, String meaning) {
    return Failure.of(kind, call + ": " + meaning + " (" + code + ")");
  }
}
