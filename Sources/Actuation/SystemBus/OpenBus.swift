#if Systemd
internal import CLinux
internal import CSystemd
internal import Glibc
internal import KernelIO

/// An open connection, which closes when it is released.
@safe struct OpenBus: ~Copyable {
    private let pointer: OpaquePointer

    private init(adopting pointer: OpaquePointer) { unsafe self.pointer = pointer }

    /// Connects and completes the handshake by `deadline` (microseconds of the monotonic clock).
    static func connected(
        to address: SystemBus.Address, deadline: UInt64
    ) throws(BusError) -> OpenBus {
        var opened: OpaquePointer?
        var status: Int32
        switch address {
        case .systemBus:
            status = unsafe sd_bus_open_system(&opened)
        case .socket(let path, _):
            status = unsafe sd_bus_new(&opened)
            if status >= 0 { status = unsafe sd_bus_set_address(opened, "unix:path=\(path)") }
            if status >= 0 { status = unsafe sd_bus_start(opened) }
        case .descriptor(let number):
            // sd-bus closes the descriptor passed to it.
            let own = fcntl(number, F_DUPFD_CLOEXEC, 3)
            status = unsafe own < 0 ? -errno : sd_bus_new(&opened)
            if status >= 0 { status = unsafe sd_bus_set_fd(opened, own, own) }
            if status >= 0 { status = unsafe sd_bus_start(opened) }
        }
        guard status >= 0, let opened = unsafe opened else {
            unsafe sd_bus_close_unref(opened)
            throw .unreachable(reason(status))
        }
        let bus = unsafe OpenBus(adopting: opened)
        if case .socket(let path, let user?) = address, bus.server != Int64(user) {
            throw .unreachable("\(path) is not served by user \(user)")
        }
        try bus.waitUntilReady(deadline)
        return bus
    }

    deinit { unsafe sd_bus_close_unref(pointer) }

    /// The user ID of the peer; negative if unknown.
    private var server: Int64 {
        let number = unsafe sd_bus_get_fd(pointer)
        return number < 0 ? -1 : cgw_peer_user(number)
    }

    /// Whether the peer still keeps the connection open.
    var isAlive: Bool {
        while true {
            let status = unsafe sd_bus_process(pointer, nil)
            if status < 0 { return false }
            if status == 0 { return unsafe sd_bus_is_open(pointer) > 0 }
        }
    }

    private func waitUntilReady(_ deadline: UInt64) throws(BusError) {
        while true {
            let ready = unsafe sd_bus_is_ready(pointer)
            if ready > 0 { return }
            var status = ready < 0 ? ready : unsafe sd_bus_process(pointer, nil)
            let now = MonotonicClock.nanoseconds / 1000
            if status == 0 {
                guard now < deadline else { throw .timedOut(seconds: 0) }
                status = unsafe sd_bus_wait(pointer, deadline - now)
            }
            guard status >= 0 || status == -EINTR else {
                throw .unreachable(Self.reason(status))
            }
        }
    }

    /// Sends a call and waits for its reply.
    func exchange(
        _ call: BusCall, to destination: String, deadline: UInt64
    ) throws(BusError) -> [BusValue] {
        var made: OpaquePointer?
        var status = unsafe sd_bus_message_new_method_call(
            pointer, &made, destination, call.object, call.interface, call.member)
        guard status >= 0, let made = unsafe made else { throw .unreachable(Self.reason(status)) }
        let message = unsafe BusMessage(adopting: made)
        status = message.append(call.arguments)
        guard status >= 0 else {
            throw .malformed("cannot call \(call.member): \(Self.reason(status))")
        }
        var error = unsafe sd_bus_error()
        defer { unsafe sd_bus_error_free(&error) }
        var reply: OpaquePointer?
        let now = MonotonicClock.nanoseconds / 1000
        // 0 would select the library's default of 25 s.
        let left = deadline > now ? deadline - now : 1
        status = unsafe sd_bus_call(pointer, message.pointer, left, &error, &reply)
        guard status >= 0, let reply = unsafe reply else {
            throw unsafe Self.failure(status, error)
        }
        return try unsafe BusMessage(adopting: reply).values()
    }

    private static func failure(_ status: Int32, _ error: sd_bus_error) -> BusError {
        switch -status {
        case ETIMEDOUT: return .timedOut(seconds: 0)
        case ECONNRESET, ENOTCONN, ECONNABORTED, EPIPE, ESHUTDOWN: return .disconnected
        default: break
        }
        guard let name = unsafe error.name else { return .unreachable(reason(status)) }
        return unsafe .refused(
            name: String(cString: name),
            message: error.message.map { unsafe String(cString: $0) } ?? reason(status))
    }

    private static func reason(_ status: Int32) -> String {
        unsafe String(cString: strerror(-status))
    }
}
#endif
