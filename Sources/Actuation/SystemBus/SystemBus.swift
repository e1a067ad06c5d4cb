#if Systemd
internal import CSystemd
internal import Glibc
internal import KernelIO
internal import Synchronization

/// A connection to systemd through libsystemd (sd-bus(3)), opened at the first call and again
/// after it was lost.
///
/// sd-bus is not safe for concurrent use, so one call is made at a time. After one that was not
/// answered in time the next ones fail at once, for a time-out long: they would wait in a row.
public final class SystemBus: BusConnection {
    /// Where systemd listens.
    public enum Address: Hashable, Sendable {
        /// The socket on which systemd serves its own privileged tools, without a bus daemon; with
        /// `user` it has to be that user who serves it, for the path may be that user's to change.
        case socket(String, user: UInt32? = nil)
        /// The system bus.
        case systemBus
        /// A connected socket; it cannot be opened again after it was lost.
        case descriptor(Int32)
    }

    private static let destination = "org.freedesktop.systemd1"

    private let address: Address
    private let timeout: UInt64
    private let open: Mutex<Contact>

    private struct Contact: ~Copyable {
        var bus: OpenBus?
        /// When it may be asked again after a silence, in microseconds of the monotonic clock.
        var restsUntil: UInt64 = 0
    }

    /// Connects at the first call; a call takes at most `timeoutSeconds`.
    public init(_ address: Address, timeoutSeconds: Int = 5) {
        self.address = address
        timeout = UInt64(timeoutSeconds) * 1_000_000
        open = Mutex(Contact())
    }

    /// Calls a method and waits for the answer.
    public func call(_ call: BusCall) throws(BusError) -> [BusValue] {
        let outcome: Result<[BusValue], BusError> = open.withLock { contact in
            do throws(BusError) {
                let now = MonotonicClock.nanoseconds / 1000
                guard now >= contact.restsUntil else { throw .timedOut(seconds: 0) }
                let deadline = now + timeout
                // systemd restarted since the last call would otherwise cost this one.
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
