public import CgroupModel
internal import KernelIO

extension SystemRoot {
    /// The path of a file below `/sys/devices/system`; nil in a tree that has none.
    public func device(_ name: String) -> [UInt8]? {
        sys.map { $0 + Array("/devices/system/\(name)".utf8) }
    }

    /// A list of CPUs or nodes from `/sys/devices/system`, such as `cpu/online`; nil if it is not
    /// there or no list.
    public func deviceList(_ name: String) -> RangeList? {
        guard let path = device(name), let text = try? ReadBuffer.contents(of: path) else {
            return nil
        }
        return RangeList(String(decoding: text.filter { $0 > 0x20 }, as: UTF8.self))
    }
}
