#if Systemd
import CSystemd
#endif

/// Tells systemd about the state of a `Type=notify` service; nothing without one (sd_notify(3)).
enum ServiceNotification {
    static func ready() { send("READY=1") }

    static func stopping() { send("STOPPING=1") }

    private static func send(_ state: String) {
        #if Systemd
        _ = unsafe sd_notify(0, state)
        #endif
    }
}
