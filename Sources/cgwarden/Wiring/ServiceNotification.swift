import KernelIO

#if Systemd
import CSystemd
#endif

/// Tells systemd about the state of a `Type=notify` service; nothing without one (sd_notify(3)).
enum ServiceNotification {
    static func ready() { send("READY=1") }

    static func stopping() { send("STOPPING=1") }

    /// A new configuration is being read; ``ready()`` says that it is in force.
    static func reloading() {
        send("RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.nanoseconds / 1000)")
    }

    /// Everything goes on (WatchdogSec=).
    static func alive() { send("WATCHDOG=1") }

    /// A sentence that `systemctl status` shows.
    static func status(_ text: String) { send("STATUS=\(text)") }

    private static func send(_ state: String) {
        #if Systemd
        _ = unsafe sd_notify(0, state)
        #endif
    }
}
