/// One method call on a D-Bus object.
public struct BusCall: Hashable, Sendable {
    /// The object's path.
    public let object: String
    /// The interface that has the method.
    public let interface: String
    /// The method.
    public let member: String
    /// Its arguments.
    public let arguments: [BusValue]

    /// Joins the parts.
    public init(object: String, interface: String, member: String, _ arguments: [BusValue] = []) {
        self.object = object
        self.interface = interface
        self.member = member
        self.arguments = arguments
    }
}

/// Something that answers method calls of systemd's interface.
public protocol BusConnection: Sendable {
    /// Calls a method and waits for the answer, but never for long.
    func call(_ call: BusCall) throws(BusError) -> [BusValue]
}

/// Why a method call brought no answer.
public enum BusError: Error, Hashable, Sendable {
    /// No connection could be had; the reason.
    case unreachable(String)
    /// The connection was lost before the answer came: what was asked for may have happened.
    case disconnected
    /// No answer in time: what was asked for may yet happen.
    case timedOut(seconds: Int)
    /// The other side refused: the error's D-Bus name and its text.
    case refused(name: String, message: String)
    /// An answer that does not fit the interface.
    case malformed(String)
}
