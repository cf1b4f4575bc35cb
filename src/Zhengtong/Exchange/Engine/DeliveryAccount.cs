using Zhengtong.Agreements;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Metering;

namespace Zhengtong.Exchange.Engine;

/// <summary>The one place where a received batch becomes usage: rows and bytes that the consumer took under the agreement, in the same save as the receipt.</summary>
internal static class DeliveryAccount
{
    internal const string Rows = "exchange.rows";
    internal const string Bytes = "exchange.bytes";

    internal static void Record(ZhengtongDb db, AgreementTerms terms, Batch batch, DateTimeOffset now)
    {
        db.Usage.Add(UsageRecord.Of(Rows, "row", batch.Rows, batch.DeliveryId, terms.Consumer, now, terms.Id));
        db.Usage.Add(UsageRecord.Of(Bytes, "byte", batch.Bytes, batch.DeliveryId, terms.Consumer, now, terms.Id));
    }
}
