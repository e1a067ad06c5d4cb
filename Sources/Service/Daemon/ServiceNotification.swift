import KernelIO

#if Systemd
import CSystemd
#endif

/// Notifies systemd of the state of a `Type=notify` service (sd_notify(3)); does nothing otherwise.
package enum ServiceNotification {
    /// Reports the end of the start or of a reload.
    package static func ready() { send("READY=1") }

    /// Reports the beginning of the end.
    package static func stopping() { send("STOPPING=1") }

    /// Reports the start of a reload; ``ready()`` reports its end.
    static func reloading() {
        send("RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.nanoseconds / 1000)")
    }

    /// Resets the watchdog (WatchdogSec=).
    static func alive() { send("WATCHDOG=1") }

    /// Sets the status line that `systemctl status` shows.
    static func status(_ text: String) { send("STATUS=\(text)") }

    private static func send(_ state: String) {
        #if Systemd
        _ = unsafe sd_notify(0, state)
        #endif
    }
}
