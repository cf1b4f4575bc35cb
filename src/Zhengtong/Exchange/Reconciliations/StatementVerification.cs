using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>Checks a statement with nothing but the file itself: no platform, no network, no clock.</summary>
internal static class StatementVerification
{
    /// <summary>Every check in order; the statement holds when all hold, whether or not the two sides were found equal. Never throws.</summary>
    internal static IReadOnlyList<ReceiptCheck> Of(StatementFile file)
    {
        List<ReceiptCheck> checks = [];
        var statement = ReceiptVerification.TextOf(file.Statement) is { } text ? StatementDocument.Parse(text) : null;
        checks.Add(new ReceiptCheck(statement is not null, "exchange.verify.statement"));
        var suite = statement is null ? null : Suite.Find(statement.Suite);
        if (statement is null || suite is null) { return checks; }

        checks.Add(new ReceiptCheck(ReceiptVerification.IsSigned(suite, file.ProviderKey, file.Statement, file.ProviderSignature), "exchange.verify.statement-provider-signature", ReceiptVerification.KeyIdOf(suite, file.ProviderKey)));
        checks.Add(new ReceiptCheck(ReceiptVerification.KeyIdOf(suite, file.ProviderKey) == statement.ProviderKey, "exchange.verify.statement-provider-key", statement.ProviderKey));
        checks.Add(new ReceiptCheck(ReceiptVerification.IsSigned(suite, file.ConsumerKey, file.Statement, file.ConsumerSignature), "exchange.verify.statement-consumer-signature", ReceiptVerification.KeyIdOf(suite, file.ConsumerKey)));
        checks.Add(new ReceiptCheck(ReceiptVerification.KeyIdOf(suite, file.ConsumerKey) == statement.ConsumerKey, "exchange.verify.statement-consumer-key", statement.ConsumerKey));
        var isEqual = statement is { Missing: 0, Extra: 0, Different: 0 };
        checks.Add(new ReceiptCheck(
            (statement.ProviderDigest == statement.ConsumerDigest) == isEqual, isEqual ? "exchange.verify.statement-equal" : "exchange.verify.statement-differs",
            $"{statement.Missing}", $"{statement.Extra}", $"{statement.Different}"));
        return checks;
    }
}
