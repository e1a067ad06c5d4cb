internal import CgroupModel
internal import CLinux
internal import Glibc

/// A listening Unix stream socket at a path (unix(7)).
@safe package struct LocalListener: ~Copyable, Sendable {
    private let socket: OwnedDescriptor
    private let path: String

    /// Listens at a path, for its owner alone (mode 0600).
    ///
    /// Replaces a socket that a dead process left; throws EADDRINUSE if a program answers there.
    package init(_ path: String) throws(IOError) {
        if LocalConnection.isAnswered(at: path) {
            throw IOError("listen on", path, code: EADDRINUSE)
        }
        unsafe unlink(path)
        let socket = try LocalSocket.make(path)
        // bind(2) creates the path with the mode of the socket. A chmod after bind would leave a
        // moment in which other users can connect.
        guard fchmod(socket.number, 0o600) == 0 else {
            throw IOError("create", path, code: errno)
        }
        let bound = unsafe try LocalSocket.with(path) { address, length in
            unsafe bind(socket.number, address, length)
        }
        guard bound == 0 else { throw IOError("listen on", path, code: errno) }
        // Non-blocking, because a client may disconnect before it is accepted.
        guard listen(socket.number, 16) == 0, fcntl(socket.number, F_SETFL, O_NONBLOCK) == 0 else {
            throw IOError("listen on", path, code: errno)
        }
        self.path = path
        self.socket = socket
    }

    deinit { unsafe unlink(path) }

    /// Waits for a connection; nil if none arrives in time.
    package borrowing func accept(within milliseconds: Int32) -> LocalConnection? {
        let deadline = Deadline(after: .milliseconds(milliseconds))
        while true {
            Readiness.wait(
                for: [socket.number], milliseconds: Int32(clamping: deadline.milliseconds))
            let number = Glibc.accept(socket.number, nil, nil)
            if number >= 0 {
                _ = fcntl(number, F_SETFD, FD_CLOEXEC)
                return LocalConnection(adopting: number)
            }
            // A signal may have ended the wait early, or the client may be gone already.
            if deadline.hasPassed { return nil }
            // The connection stays pending while there are no free descriptors, so that the next
            // wait would return at once.
            if errno == EMFILE || errno == ENFILE { Pause.sleep(.milliseconds(20)) }
        }
    }
}

/// A connection over a Unix stream socket.
@safe package struct LocalConnection: ~Copyable, Sendable {
    private let socket: OwnedDescriptor

    init(adopting number: Int32) { socket = OwnedDescriptor(adopting: number) }

    /// Connects to a program that listens at a path.
    ///
    /// Never blocks: throws EAGAIN if the listener's backlog is full, as when the listener hangs.
    package init(to path: String) throws(IOError) {
        let socket = try LocalSocket.make(path, kind: Int32(SOCK_NONBLOCK.rawValue))
        let connected = unsafe try LocalSocket.with(path) { address, length in
            unsafe connect(socket.number, address, length)
        }
        guard connected == 0 else { throw IOError("connect to", path, code: errno) }
        self.socket = socket
    }

    /// Whether a program listens at a path, even one too busy to accept.
    package static func isAnswered(at path: String) -> Bool {
        do throws(IOError) {
            _ = try LocalConnection(to: path)
            return true
        } catch {
            return error.isTryAgain
        }
    }

    /// The user ID of the peer (SO_PEERCRED); nil if it is unknown.
    package var peer: UInt32? {
        let user = cgw_peer_user(socket.number)
        return user < 0 ? nil : UInt32(user)
    }

    /// The process ID of the peer, or of the process that listens (SO_PEERCRED); nil if it is in
    /// another PID namespace, or unknown.
    package var peerProcess: Int32? {
        let process = cgw_peer_process(socket.number)
        return process > 0 ? Int32(process) : nil
    }

    /// Receives until the peer stops sending.
    ///
    /// Nil on an error, on a timeout, or if `most` bytes arrive before the end.
    package func received(most: Int, within time: Duration) -> [UInt8]? {
        received(most: most, within: time) { _ in false }
    }

    /// Receives the first line, without its newline.
    ///
    /// Nil if there is none in time or within `most` bytes, or if it is not valid UTF-8.
    package func line(most: Int, within time: Duration) -> String? {
        guard
            let bytes = received(
                most: most, within: time, until: { $0.contains(UInt8(ascii: "\n")) }),
            let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
        else { return nil }
        return String(validating: bytes[..<end], as: UTF8.self)
    }

    private func received(
        most: Int, within time: Duration, until isWhole: ([UInt8]) -> Bool
    ) -> [UInt8]? {
        let deadline = Deadline(after: time)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !isWhole(bytes) {
            guard !deadline.hasPassed, bytes.count < most else { return nil }
            Readiness.wait(
                for: [socket.number], milliseconds: Int32(clamping: deadline.milliseconds))
            let got = unsafe buffer.withUnsafeMutableBytes { raw in
                unsafe recv(socket.number, raw.baseAddress, raw.count, Int32(MSG_DONTWAIT))
            }
            if got == 0 { return bytes }
            if got < 0 {
                guard errno == EAGAIN || errno == EINTR else { return nil }
                continue
            }
            bytes += buffer[..<got]
        }
        return bytes
    }

    /// Sends bytes; false if the peer is gone or does not take them in time.
    @discardableResult
    package func send(_ bytes: [UInt8], within time: Duration) -> Bool {
        let deadline = Deadline(after: time)
        var rest = bytes[...]
        while !rest.isEmpty {
            let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
            let sent = unsafe rest.withUnsafeBytes { raw in
                unsafe Glibc.send(socket.number, raw.baseAddress, raw.count, flags)
            }
            if sent >= 0 {
                rest = rest.dropFirst(sent)
            } else if errno == EAGAIN || errno == EINTR, !deadline.hasPassed {
                Pause.sleep(.milliseconds(5))
            } else {
                return false
            }
        }
        return true
    }
}

/// Helpers for both ends.
private enum LocalSocket {
    static func make(_ path: String, kind: Int32 = 0) throws(IOError) -> OwnedDescriptor {
        let kind = kind | Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let number = socket(AF_UNIX, kind, 0)
        guard number >= 0 else { throw IOError("open a socket for", path, code: errno) }
        return OwnedDescriptor(adopting: number)
    }

    static func with(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(IOError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < room else { throw IOError("use", path, code: ENAMETOOLONG) }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
                unsafe body(rebound, length)
            }
        }
    }
}
