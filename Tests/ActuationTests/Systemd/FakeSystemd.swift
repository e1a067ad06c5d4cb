#if Systemd
import CSystemd
import Foundation
import Glibc
import Synchronization

@testable import Actuation

/// A systemd that exists only at the other end of a socket: it keeps what it is asked, with the
/// types that arrived, and answers as it is told to.
final class FakeSystemd: Sendable {
    enum Answer: Sendable {
        case reply([BusValue])
        case error(name: String, message: String)
        case silence
        case hangUp
    }

    struct Received: Sendable {
        let call: BusCall
        let signature: String
        let destination: String
    }

    /// The client's end.
    let descriptor: Int32
    private let seen = Mutex<[Received]>([])

    init(answer: @escaping @Sendable (BusCall) -> Answer) {
        var ends: [Int32] = [0, 0]
        precondition(
            unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | 0o2000000, 0, &ends) == 0)
        descriptor = ends[0]
        let server = ends[1]
        Thread { [self] in serve(server, answer) }.start()
    }

    deinit { close(descriptor) }

    var received: [Received] { seen.withLock { $0 } }

    /// Ends when the client goes away, or to hang up on it.
    private func serve(_ descriptor: Int32, _ answer: @Sendable (BusCall) -> Answer) {
        var bus: OpaquePointer?
        var id = sd_id128_t()
        unsafe sd_id128_randomize(&id)
        unsafe sd_bus_new(&bus)
        unsafe sd_bus_set_fd(bus, descriptor, descriptor)
        unsafe sd_bus_set_server(bus, 1, id)
        unsafe sd_bus_start(bus)
        defer { unsafe sd_bus_close_unref(bus) }
        while true {
            var message: OpaquePointer?
            let status = unsafe sd_bus_process(bus, &message)
            guard status >= 0 else { return }
            if let message = unsafe message {
                let request = unsafe BusMessage(adopting: message)
                guard unsafe handle(request, on: bus, answer) else { return }
            } else if status == 0, unsafe sd_bus_wait(bus, .max) < 0 {
                return
            }
        }
    }

    private func handle(
        _ request: borrowing BusMessage, on bus: OpaquePointer?,
        _ answer: (BusCall) -> Answer
    ) -> Bool {
        var type: UInt8 = 0
        unsafe sd_bus_message_get_type(request.pointer, &type)
        guard type == 1 else { return true }
        let call = unsafe BusCall(
            object: String(cString: sd_bus_message_get_path(request.pointer)),
            interface: String(cString: sd_bus_message_get_interface(request.pointer)),
            member: String(cString: sd_bus_message_get_member(request.pointer)),
            (try? request.values()) ?? [])
        let signature = unsafe String(cString: sd_bus_message_get_signature(request.pointer, 1))
        let destination = unsafe String(
            cString: sd_bus_message_get_destination(request.pointer))
        seen.withLock {
            $0.append(Received(call: call, signature: signature, destination: destination))
        }
        var reply: OpaquePointer?
        switch answer(call) {
        case .silence: return true
        case .hangUp: return false
        case .reply(let values):
            unsafe sd_bus_message_new_method_return(request.pointer, &reply)
            guard let reply = unsafe reply else { return false }
            let message = unsafe BusMessage(adopting: reply)
            precondition(message.append(values) >= 0)
            return unsafe sd_bus_send(bus, message.pointer, nil) >= 0
        case .error(let name, let message):
            return unsafe name.withCString { name in
                unsafe message.withCString { message in
                    var error = unsafe sd_bus_error(name: name, message: message, _need_free: 0)
                    return unsafe sd_bus_reply_method_error(request.pointer, &error) >= 0
                }
            }
        }
    }
}
#endif
