import CgroupModel
import Testing

@testable import Actuation

@Suite struct ProtectedSetTests {
    private let machine: CapturedMachine
    private let protected: ProtectedSet

    init() throws {
        machine = try CapturedMachine()
        try machine.process(1, "systemd", parent: 0, cgroup: "/init.scope")
        try machine.process(100, "sshd", title: "sshd: /usr/sbin/sshd -D [listener] 0 of 10")
        try machine.process(200, "sshd", parent: 100, title: "sshd: me [priv]", session: "7")
        try machine.process(201, "bash", parent: 200, user: 1000, session: "7")
        try machine.process(
            300, "cgwarden", parent: 201, user: 1000, session: "7",
            cgroup: "/user.slice/session-7.scope", isSelf: true)
        protected = ProtectedSet(machine.set)
    }

    private func refusal(_ path: String) -> String? {
        protected.refusal(of: .freeze, on: CgroupPath(path))
    }

    @Test(arguments: DisruptiveAction.allCases)
    func theRootIsRefusedForEveryAction(_ action: DisruptiveAction) {
        #expect(protected.refusal(of: action, on: .root) != nil)
    }

    @Test func callersCgroupAndItsAncestorsAreProtected() {
        #expect(refusal("/user.slice/session-7.scope")?.contains("this command itself") == true)
        #expect(refusal("/user.slice")?.contains("this command itself") == true)
    }

    @Test func process1IsProtected() {
        #expect(refusal("/init.scope")?.contains("systemd (process 1)") == true)
    }

    @Test func shellOfTheCallerIsProtected() throws {
        try machine.file("cgroup/user.slice/shell/cgroup.procs", "201\n")
        #expect(refusal("/user.slice/shell")?.contains("bash (process 201)") == true)
    }

    @Test func ordinaryCgroupIsNotProtected() throws {
        try machine.process(400, "python3", user: 1000, cgroup: "/user.slice/job")
        #expect(refusal("/user.slice/job") == nil)
        try machine.file("cgroup/empty/cgroup.procs", "")
        #expect(refusal("/empty") == nil)
    }

    @Test func kernelThreadIsProtected() throws {
        try machine.process(2, "kworker/0:1", parent: 0, flags: 0x0420_8060, cgroup: "/work")
        #expect(refusal("/work")?.contains("a kernel thread") == true)
    }

    @Test(arguments: [
        "systemd-logind", "systemd-journal", "systemd-udevd", "systemd-network",
        "systemd-resolve", "dbus-daemon", "containerd", "dockerd", "kubelet",
    ])
    func systemServicesAreProtected(_ name: String) throws {
        try machine.process(500, name, cgroup: "/system.slice/it.service")
        #expect(refusal("/system.slice/it.service")?.contains("\(name) (process 500)") == true)
        #expect(refusal("/system.slice") != nil)
    }

    @Test(arguments: HelperName.allCases)
    func helperThatEndsAChangeIsProtected(_ name: HelperName) throws {
        let scope = "/system.slice/\(name.rawValue)-510.scope"
        try machine.process(510, name.rawValue, cgroup: scope)
        for action in DisruptiveAction.allCases {
            let reason = protected.refusal(of: action, on: CgroupPath(scope))
            #expect(reason?.contains("\(name.rawValue) (process 510), which undoes a") == true)
        }
        // Any process of root can take the name, in a container as well.
        let isOverridden = ProtectedSet(machine.set, overridden: [CgroupPath(scope)])
        #expect(isOverridden.refusal(of: .kill, on: CgroupPath(scope)) == nil)
        try machine.process(511, name.rawValue, user: 1000, cgroup: "/fake")
        #expect(refusal("/fake") == nil)
    }

    @Test func processNameAloneDoesNotProtect() throws {
        try machine.process(501, "dockerd", user: 1000, cgroup: "/fake")
        #expect(refusal("/fake") == nil)
        try machine.process(502, "sshd", user: 1000, title: "sshd", cgroup: "/fake2")
        #expect(refusal("/fake2") == nil)
    }

    /// A user can start `su` through a link with a helper's name.
    @Test func helperNameOfAnotherProgramDoesNotProtect() throws {
        try machine.process(510, HelperName.undo.rawValue, cgroup: "/fake")
        try machine.link("proc/self/exe", to: "/usr/bin/cgwarden")
        #expect(refusal("/fake") != nil, "its program is unknown")
        try machine.link("proc/510/exe", to: "/usr/bin/su")
        #expect(refusal("/fake") == nil)
        try machine.link("proc/510/exe", to: "/usr/bin/cgwarden")
        #expect(refusal("/fake") != nil)
    }

    @Test func helperIsProtectedWhileTheProgramIsReplaced() throws {
        try machine.process(510, HelperName.thaw.rawValue, cgroup: "/helper")
        try machine.link("proc/self/exe", to: "/usr/bin/cgwarden")
        try machine.link("proc/510/exe", to: "/usr/bin/cgwarden (deleted)")
        #expect(refusal("/helper") != nil)
        try machine.link("proc/self/exe", to: "/usr/bin/cgwarden (deleted)")
        try machine.link("proc/510/exe", to: "/usr/bin/cgwarden")
        #expect(refusal("/helper") != nil)
    }

    @Test(arguments: ["dockerd", "dbus-daemon", "sshd"])
    func serviceNameOfASetUserIDProgramDoesNotProtect(_ name: String) throws {
        try machine.process(503, name, cgroup: "/fake")
        try machine.program(of: 503, mode: 0o755)
        #expect(refusal("/fake")?.contains("\(name) (process 503)") == true)
        try machine.program(of: 503, mode: 0o4755)
        #expect(refusal("/fake") == nil)
    }

    @Test func listeningSSHServerIsProtectedButNotOtherSessions() throws {
        try machine.file("cgroup/system.slice/ssh.service/cgroup.procs", "100\n")
        // It is also an ancestor of this command, as it would be.
        #expect(refusal("/system.slice/ssh.service")?.contains("sshd (process 100)") == true)
        try machine.process(
            101, "sshd", title: "/usr/sbin/sshd\0-D", cgroup: "/system.slice/other.service")
        #expect(refusal("/system.slice/other.service")?.contains("logins") == true)
        try machine.process(
            600, "sshd", parent: 100, title: "sshd: you [priv]", session: "8", cgroup: "/theirs")
        #expect(refusal("/theirs") == nil)
    }

    @Test func loginOfADetachedSessionIsProtected() throws {
        try machine.process(
            601, "sshd", parent: 100, title: "sshd: me@pts/0", session: "7", cgroup: "/mine")
        #expect(refusal("/mine")?.contains("started from") == true)
    }

    @Test func invisibleProcessIsProtected() throws {
        try machine.file("cgroup/container/cgroup.procs", "0\n")
        #expect(refusal("/container")?.contains("pid namespace") == true)
    }

    /// The second look, right before writing, sees who moved in since the first.
    @Test func pinIsRefusedIfAProtectedServiceMovesIn() throws {
        try machine.process(700, "python3", user: 1000, cgroup: "/job")
        try machine.file("cgroup/cpuset.cpus.effective", "0-3\n")
        try machine.file("cgroup/job/cpuset.cpus", "\n")
        try machine.file("cgroup/job/cpuset.cpus.effective", "0-3\n")
        try machine.process(701, "dockerd")
        let files = IntrudingFiles { [machine] in
            try? machine.file("cgroup/job/cgroup.procs", "700\n701\n")
        }
        let pinner = Pinner(ActingContext(machine.set, files: files))
        let error = #expect(throws: ActuationError.self) {
            try pinner.pin(CgroupPath("/job"), cpus: RangeList([0]), mems: nil)
        }
        #expect(error?.code == .refused)
        #expect(error?.message.contains("dockerd (process 701)") == true)
        #expect(try machine.text("cgroup/job/cpuset.cpus") == "\n")
    }
}
