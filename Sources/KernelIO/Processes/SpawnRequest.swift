internal import CLinux
internal import Glibc

/// The parameters of a new process.
struct SpawnRequest {
    /// The parameters of a process isolated from its parent.
    struct Apart {
        let environment: [String]
        /// The descriptor that becomes its standard output and standard error.
        let output: Int32
        /// The user to run as; nil for this process's own.
        let account: UserAccount?
    }

    private let command: [String]
    private let birthplace: Int32?
    private let memberships: [Int32]
    private let namespaces: NamespaceFlags
    private let passed: [Int32]
    private let apart: Apart?
    private let gate: (Int32, Int32)

    /// Creates a request; drops the descriptors of `passed` that this process did not inherit.
    init(
        _ command: [String], birthplace: Int32? = nil, memberships: [Int32] = [],
        namespaces: NamespaceFlags = [], passed: [Int32] = [], apart: Apart? = nil,
        gate: (Int32, Int32) = (-1, -1)
    ) {
        precondition(!command.isEmpty, "there is something to start")
        self.command = command
        self.birthplace = birthplace
        self.memberships = memberships
        self.namespaces = namespaces
        self.passed = passed.filter(InheritedDescriptors.contains)
        self.apart = apart
        self.gate = gate
    }

    /// Starts the process (clone3(2)).
    func begin() throws(SpawnError) -> StartingProcess {
        var descriptor: Int32 = -1
        var report: Int32 = -1
        let pid = unsafe ChildProcess.withArguments(command) { arguments in
            unsafe memberships.withUnsafeBufferPointer { joined in
                unsafe passed.withUnsafeBufferPointer { passed in
                    unsafe withApart { apart in
                        var request = unsafe cgw_spawn(
                            arguments: arguments, memberships: joined.baseAddress,
                            membership_count: joined.count, cgroup: birthplace ?? -1,
                            namespaces: namespaces.rawValue, passed: passed.baseAddress,
                            passed_count: passed.count, apart: apart, gate: gate)
                        return unsafe cgw_spawn_begin(&request, &descriptor, &report)
                    }
                }
            }
        }
        guard pid > 0 else { throw SpawnError(.process, code: errno) }
        return StartingProcess(
            pid: pid, descriptor: OwnedDescriptor(adopting: descriptor),
            report: OwnedDescriptor(adopting: report))
    }

    private func withApart(_ body: (UnsafePointer<cgw_apart>?) -> Int32) -> Int32 {
        guard let apart else { return body(nil) }
        let groups = apart.account?.groups ?? []
        return unsafe ChildProcess.withArguments(apart.environment) { variables in
            unsafe groups.withUnsafeBufferPointer { groups in
                var request = unsafe cgw_apart(
                    environment: variables, output: apart.output,
                    changes_user: apart.account == nil ? 0 : 1, user: apart.account?.user ?? 0,
                    group: apart.account?.group ?? 0, groups: groups.baseAddress,
                    group_count: groups.count)
                return unsafe withUnsafePointer(to: &request) { unsafe body($0) }
            }
        }
    }
}
