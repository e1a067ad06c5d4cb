import KernelIO

#if Systemd
import CSystemd
#endif

/// Notifies systemd of the state of a `Type=notify` service (sd_notify(3)); does nothing otherwise.
package enum ServiceNotification {
    /// Reports that the start or a reload is complete.
    package static func ready() { send("READY=1") }

    /// Reports that the daemon is stopping.
    package static func stopping() { send("STOPPING=1") }

    /// Reports that a reload begins; ``ready()`` completes it.
    static func reloading() {
        send("RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.nanoseconds / 1000)")
    }

    /// Resets the watchdog (WatchdogSec=).
    static func alive() { send("WATCHDOG=1") }

    private static func send(_ state: String) {
        #if Systemd
        _ = unsafe sd_notify(0, state)
        #endif
    }
}
