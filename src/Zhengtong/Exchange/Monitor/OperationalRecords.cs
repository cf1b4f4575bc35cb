using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Files;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web.Components;

namespace Zhengtong.Exchange.Monitor;

/// <summary>One call, batch or file as its parties account for it.</summary>
public sealed record OperationalRecord
{
    /// <summary>What it is.</summary>
    public required DeliveryKind Kind { get; init; }

    /// <summary>The call, the batch's delivery, or the file's recipient.</summary>
    public required Guid Id { get; init; }

    /// <summary>Of a batch its number in the delivery, from 1; null otherwise.</summary>
    public required long? Sequence { get; init; }

    /// <summary>The caller's id of the message; null for batches and files.</summary>
    public required string? MessageId { get; init; }

    /// <summary>The agreement.</summary>
    public required Guid AgreementId { get; init; }

    /// <summary>Who gave.</summary>
    public required Guid ProviderId { get; init; }

    /// <summary>Who took.</summary>
    public required Guid ConsumerId { get; init; }

    /// <summary>Of a call its service; null otherwise.</summary>
    public required string? Service { get; init; }

    /// <summary>When the request came, the batch was sealed, or the file published.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When the answer was complete or the receipt given; null while it is not.</summary>
    public required DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>Milliseconds between the two; null while it is not answered.</summary>
    public required long? Milliseconds { get; init; }

    /// <summary>Bytes of the request's body; 0 for batches and files.</summary>
    public required long RequestBytes { get; init; }

    /// <summary>Bytes of the answer's body, of the batch's ciphertext, or of the file.</summary>
    public required long ResponseBytes { get; init; }

    /// <summary>Rows of the batch; null otherwise.</summary>
    public required long? Rows { get; init; }

    /// <summary>HTTP status of a call; null otherwise.</summary>
    public required int? Status { get; init; }

    /// <summary>Whether it succeeded: a call below status 500, a batch or file with a receipt. Null while it is under way.</summary>
    public required bool? Succeeded { get; init; }
}

/// <summary>Which records are asked for.</summary>
/// <param name="Kind">Tables, files or APIs.</param>
/// <param name="Agreement">Only of this agreement; null for all.</param>
/// <param name="From">Beginning, included, by the time of the request.</param>
/// <param name="To">End, excluded.</param>
internal sealed record OperationalQuestion(DeliveryKind Kind, Guid? Agreement, DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>The last day when nothing else is said.</summary>
    internal static OperationalQuestion Of(DeliveryKind kind, Guid? agreement, DateTimeOffset? from, DateTimeOffset? to, TimeProvider clock)
    {
        var end = (to ?? clock.GetUtcNow().AddSeconds(1)).ToUniversalTime();
        // The first day of the calendar has none before it.
        var before = end > DateTimeOffset.MinValue.AddDays(1) ? end.AddDays(-1) : DateTimeOffset.MinValue;
        return new OperationalQuestion(kind, agreement, (from ?? before).ToUniversalTime(), end);
    }

    /// <summary>What an address asks for: moments, or days in China of which the last is included.</summary>
    internal static OperationalQuestion Of(Listing list, TimeProvider clock) => Of(
        list.Choice<DeliveryKind>("kind") ?? DeliveryKind.Table, Guid.TryParse(list["agreement"], out var agreement) ? agreement : null, MomentOf(list["from"], 0), MomentOf(list["to"], 1), clock);

    private static DateTimeOffset? MomentOf(string text, int daysAfter) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", out var day) && day.Year is > 2000 and < 9000 ? ChinaTime.StartOf(day.AddDays(daysAfter))
        : DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var moment) ? moment : null;
}

/// <summary>Reads what the parties may know of every call, batch and file of theirs, as X-Road's operational monitoring has it: when, how large, how it ended; never what it said.</summary>
internal static class OperationalRecords
{
    internal static Task<Page<OperationalRecord>?> ReadAsync(OperationalQuestion asked, PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct) => asked.Kind switch
    {
        DeliveryKind.Table => BatchesAsync(asked, page, actor, db, paging, ct),
        DeliveryKind.File => FilesAsync(asked, page, actor, db, paging, ct),
        _ => CallsAsync(asked, page, actor, db, paging, ct),
    };

    private static async Task<Page<OperationalRecord>?> CallsAsync(OperationalQuestion asked, PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var (all, own, one) = (actor.May(Right.Operate), actor.Organisation, asked.Agreement);
        var rows = db.Calls.AsNoTracking().Where(c => (all || c.ProviderId == own || c.ConsumerId == own) && (one == null || c.AgreementId == one) && c.ReceivedAt >= asked.From && c.ReceivedAt < asked.To);
        var read = await paging.ReadAsync(rows, page, c => c.ReceivedAt, c => c.Id, c => new
        {
            c.Id, c.MessageId, c.AgreementId, c.ProviderId, c.ConsumerId, c.Service, c.Status, c.RequestBytes, c.ResponseBytes, c.ReceivedAt, c.AnsweredAt,
        }, descending: true, ct);
        return read is null ? null : new Page<OperationalRecord>([.. read.Items.Select(c => new OperationalRecord
        {
            Kind = DeliveryKind.Api, Id = c.Id, Sequence = null, MessageId = c.MessageId, AgreementId = c.AgreementId, ProviderId = c.ProviderId, ConsumerId = c.ConsumerId, Service = c.Service,
            RequestedAt = c.ReceivedAt, AnsweredAt = c.AnsweredAt, Milliseconds = (long)(c.AnsweredAt - c.ReceivedAt).TotalMilliseconds, RequestBytes = c.RequestBytes, ResponseBytes = c.ResponseBytes,
            Rows = null, Status = c.Status, Succeeded = c.Status < 500,
        })], read.Next, read.Total);
    }

    private static async Task<Page<OperationalRecord>?> BatchesAsync(OperationalQuestion asked, PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var (all, own, one) = (actor.May(Right.Operate), actor.Organisation, asked.Agreement);
        var rows = from b in db.Batches.AsNoTracking()
                   join d in db.Deliveries on b.DeliveryId equals d.Id
                   where (all || d.ProviderId == own || d.ConsumerId == own) && (one == null || d.AgreementId == one) && b.SealedAt >= asked.From && b.SealedAt < asked.To
                   select new BatchRow
                   {
                       Delivery = b.DeliveryId, Sequence = b.Sequence, Agreement = d.AgreementId, Provider = d.ProviderId, Consumer = d.ConsumerId, SealedAt = b.SealedAt, ReceivedAt = b.ReceivedAt,
                       Bytes = b.Bytes, Rows = b.Rows,
                   };
        // A delivery seals one batch after another, so no two of them bear the same microsecond.
        var read = await paging.ReadAsync(rows, page, b => b.SealedAt, b => b.Delivery, b => b, descending: true, ct);
        return read is null ? null : new Page<OperationalRecord>([.. read.Items.Select(b => new OperationalRecord
        {
            Kind = DeliveryKind.Table, Id = b.Delivery, Sequence = b.Sequence, MessageId = null, AgreementId = b.Agreement, ProviderId = b.Provider, ConsumerId = b.Consumer, Service = null,
            RequestedAt = b.SealedAt, AnsweredAt = b.ReceivedAt, Milliseconds = Between(b.SealedAt, b.ReceivedAt), RequestBytes = 0, ResponseBytes = b.Bytes, Rows = b.Rows, Status = null,
            Succeeded = b.ReceivedAt is null ? null : true,
        })], read.Next, read.Total);
    }

    private static async Task<Page<OperationalRecord>?> FilesAsync(OperationalQuestion asked, PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var (all, own, one) = (actor.May(Right.Operate), actor.Organisation, asked.Agreement);
        var rows = from r in db.FileRecipients.AsNoTracking()
                   join f in db.ExchangedFiles on r.FileId equals f.Id
                   where (all || f.ProviderId == own || r.ConsumerId == own) && (one == null || r.AgreementId == one) && r.PublishedAt >= asked.From && r.PublishedAt < asked.To
                   select new FileRow
                   {
                       Id = r.Id, Agreement = r.AgreementId, Provider = f.ProviderId, Consumer = r.ConsumerId, PublishedAt = r.PublishedAt, ConfirmedAt = r.ConfirmedAt, Length = f.Length, State = r.State,
                   };
        var read = await paging.ReadAsync(rows, page, r => r.PublishedAt, r => r.Id, r => r, descending: true, ct);
        return read is null ? null : new Page<OperationalRecord>([.. read.Items.Select(r => new OperationalRecord
        {
            Kind = DeliveryKind.File, Id = r.Id, Sequence = null, MessageId = null, AgreementId = r.Agreement, ProviderId = r.Provider, ConsumerId = r.Consumer, Service = null,
            RequestedAt = r.PublishedAt, AnsweredAt = r.ConfirmedAt, Milliseconds = Between(r.PublishedAt, r.ConfirmedAt), RequestBytes = 0, ResponseBytes = r.Length ?? 0, Rows = null, Status = null,
            Succeeded = r.State switch { RecipientState.DownloadConfirmed => true, RecipientState.DownloadFailed => false, _ => null },
        })], read.Next, read.Total);
    }

    private static long? Between(DateTimeOffset from, DateTimeOffset? to) => to is { } end ? (long)(end - from).TotalMilliseconds : null;

    private sealed class BatchRow
    {
        public Guid Delivery { get; init; }

        public long Sequence { get; init; }

        public Guid Agreement { get; init; }

        public Guid Provider { get; init; }

        public Guid Consumer { get; init; }

        public DateTimeOffset SealedAt { get; init; }

        public DateTimeOffset? ReceivedAt { get; init; }

        public long Bytes { get; init; }

        public int Rows { get; init; }
    }

    private sealed class FileRow
    {
        public Guid Id { get; init; }

        public Guid Agreement { get; init; }

        public Guid Provider { get; init; }

        public Guid Consumer { get; init; }

        public DateTimeOffset PublishedAt { get; init; }

        public DateTimeOffset? ConfirmedAt { get; init; }

        public long? Length { get; init; }

        public RecipientState State { get; init; }
    }
}
