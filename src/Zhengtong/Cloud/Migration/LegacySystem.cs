namespace Zhengtong.Cloud.Migration;

/// <summary>How far an existing system is on its way.</summary>
public enum MigrationState
{
    /// <summary>已登记: where it is, and nothing else yet.</summary>
    Declared,
    /// <summary>已列入计划: with the day by which it moves.</summary>
    Planned,
    /// <summary>已迁移: a business system on the platform does its work.</summary>
    Moved,
    /// <summary>已停用: nothing does, and nobody needs it.</summary>
    Retired,
}

/// <summary>An existing system 既有系统 of a department, outside the common cloud until it moves or ends.</summary>
internal sealed class LegacySystem
{
    internal required Guid Id { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>2 to 100 characters, unique within its organisation.</summary>
    internal required string Name { get; init; }

    /// <summary>What it is for, 2 to 500 characters.</summary>
    internal required string Purpose { get; init; }

    /// <summary>The room that it stands in.</summary>
    internal required Guid RoomId { get; init; }

    /// <summary>Physical servers that it occupies, from 0.</summary>
    internal required int Servers { get; init; }

    internal MigrationState State { get; private set; } = MigrationState.Declared;

    /// <summary>The day by which it moves; null until it is planned.</summary>
    internal DateOnly? TargetDate { get; private set; }

    /// <summary>The business system that it became; null until it has moved.</summary>
    internal Guid? SystemId { get; private set; }

    internal required DateTimeOffset DeclaredAt { get; init; }

    /// <summary>When it was moved or retired; null while it stands where it stands.</summary>
    internal DateTimeOffset? EndedAt { get; private set; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal bool IsOver => State is MigrationState.Moved or MigrationState.Retired;

    internal void Plan(DateOnly target) => (TargetDate, State, Revision) = (target, MigrationState.Planned, Revision + 1);

    internal void Move(Guid system, DateTimeOffset now) => (SystemId, EndedAt, State, Revision) = (system, now, MigrationState.Moved, Revision + 1);

    internal void Retire(DateTimeOffset now) => (EndedAt, State, Revision) = (now, MigrationState.Retired, Revision + 1);
}

/// <summary>A machine room 机房 of a department; closed when nothing stands in it any more.</summary>
internal sealed class MachineRoom
{
    internal required Guid Id { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>2 to 100 characters, unique within its organisation.</summary>
    internal required string Name { get; init; }

    internal required DateTimeOffset DeclaredAt { get; init; }

    internal DateTimeOffset? ClosedAt { get; private set; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Close(DateTimeOffset now) => (ClosedAt, Revision) = (now, Revision + 1);

    /// <summary>Something is declared in it: whoever closes it at the same moment looks again.</summary>
    internal void Touch() => Revision++;
}
