#if Systemd
internal import CSystemd
internal import Glibc
internal import KernelIO
internal import Synchronization

/// A connection to systemd through libsystemd (sd-bus(3)).
///
/// It opens with the first call and reopens after a loss. Calls are serialized, because sd-bus is
/// not thread-safe. After a timeout, calls fail immediately for as long as the timeout; they would
/// otherwise wait one after the other.
package final class SystemBus: BusConnection {
    /// The address of a systemd.
    package enum Address: Hashable, Sendable {
        /// The socket of systemd's own privileged tools, without a bus daemon.
        ///
        /// With `user`, that user must serve it, because the path may be under that user's control.
        case socket(String, user: UInt32? = nil)
        /// The system bus.
        case systemBus
        /// A connected socket, which cannot be reopened after a loss.
        case descriptor(Int32)
    }

    private static let destination = "org.freedesktop.systemd1"

    private let address: Address
    private let timeout: UInt64
    private let open: Mutex<Contact>

    private struct Contact: ~Copyable {
        var bus: OpenBus?
        /// The end of the pause after a timeout, in microseconds of the monotonic clock.
        var restsUntil: UInt64 = 0
    }

    /// Connects with the first call; a call takes at most `timeoutSeconds`.
    package init(_ address: Address, timeoutSeconds: Int = 5) {
        self.address = address
        timeout = UInt64(timeoutSeconds) * 1_000_000
        open = Mutex(Contact())
    }

    /// Calls a method and waits for the reply.
    package func call(_ call: BusCall) throws(BusError) -> [BusValue] {
        let outcome: Result<[BusValue], BusError> = open.withLock { contact in
            do throws(BusError) {
                let now = MonotonicClock.nanoseconds / 1000
                guard now >= contact.restsUntil else { throw .timedOut(seconds: 0) }
                let deadline = now + timeout
                // This call would otherwise fail if systemd has restarted since the last one.
                let bus =
                    if let kept = contact.bus.take(), kept.isAlive {
                        kept
                    } else {
                        try OpenBus.connected(to: address, deadline: deadline)
                    }
                let reply = try bus.exchange(call, to: Self.destination, deadline: deadline)
                contact.bus = .some(bus)
                return .success(reply)
            } catch {
                let now = MonotonicClock.nanoseconds / 1000
                if case .timedOut = error, now >= contact.restsUntil {
                    contact.restsUntil = now + timeout
                }
                return .failure(error)
            }
        }
        do throws(BusError) {
            return try outcome.get()
        } catch .timedOut {
            throw .timedOut(seconds: Int(timeout / 1_000_000))
        }
    }
}
#endif
