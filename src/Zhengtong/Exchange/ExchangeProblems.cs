using Zhengtong.Kernel.Http;

namespace Zhengtong.Exchange;

/// <summary>The Exchange's refusals, and the reasons for which a delivery waits.</summary>
internal static class ExchangeProblems
{
    internal static readonly ProblemType ConnectionInvalid = new("exchange.connection-invalid", 400);
    internal static readonly ProblemType DataSourceUnknown = new("exchange.data-source-unknown", 404);
    internal static readonly ProblemType ResourceUnknown = new("exchange.resource-unknown", 404);
    internal static readonly ProblemType AgreementUnknown = new("exchange.agreement-unknown", 404);
    internal static readonly ProblemType DeliveryUnknown = new("exchange.delivery-unknown", 404);
    internal static readonly ProblemType BatchUnknown = new("exchange.batch-unknown", 404);
    internal static readonly ProblemType NotProvider = new("exchange.not-provider", 403);
    internal static readonly ProblemType NotConsumer = new("exchange.not-consumer", 403);
    internal static readonly ProblemType NameTaken = new("exchange.name-taken", 409);
    internal static readonly ProblemType DeliveryUnderWay = new("exchange.delivery-under-way", 409);
    internal static readonly ProblemType NotReceived = new("exchange.not-received", 409);
    internal static readonly ProblemType TableUnfit = new("exchange.table-unfit", 422);
    internal static readonly ProblemType TableExists = new("exchange.table-exists", 409);

    internal static readonly ProblemType NotAParty = new("exchange.not-a-party", 403);
    internal static readonly ProblemType ReconciliationUnknown = new("exchange.reconciliation-unknown", 404);
    internal static readonly ProblemType NotInForce = new("exchange.not-in-force", 409);
    internal static readonly ProblemType SnapshotUnfinished = new("exchange.snapshot-unfinished", 409);
    internal static readonly ProblemType ReconciliationUnderWay = new("exchange.reconciliation-under-way", 409);
    internal static readonly ProblemType ReconciliationUnfinished = new("exchange.reconciliation-unfinished", 409);
    internal static readonly ProblemType NothingToRepair = new("exchange.nothing-to-repair", 409);
    internal static readonly ProblemType RepairUnderWay = new("exchange.repair-under-way", 409);

    internal static readonly ProblemType ComparisonUnanswered = new("exchange.comparison-unanswered", 409);
    internal static readonly ProblemType BackFillInvalid = new("exchange.back-fill-invalid", 400);
    internal static readonly ProblemType BackFillUnknown = new("exchange.back-fill-unknown", 404);
    internal static readonly ProblemType BackFillUnderWay = new("exchange.back-fill-under-way", 409);
    internal static readonly ProblemType BackFillOver = new("exchange.back-fill-over", 409);

    internal static readonly ProblemType QuarantineUnknown = new("exchange.quarantine-unknown", 404);
    internal static readonly ProblemType QuarantineSettled = new("exchange.quarantine-settled", 409);
    internal static readonly ProblemType QuarantineUnfit = new("exchange.quarantine-unfit", 409);
    internal static readonly ProblemType QuarantineFull = new("exchange.quarantine-full", 422);

    internal static readonly ProblemType CorrectionInvalid = new("exchange.correction-invalid", 400);
    internal static readonly ProblemType CorrectionUnknown = new("exchange.correction-unknown", 404);
    internal static readonly ProblemType CorrectionUnderWay = new("exchange.correction-under-way", 409);
    internal static readonly ProblemType CorrectionSettled = new("exchange.correction-settled", 409);

    internal static readonly ProblemType NotAnApi = new("exchange.not-an-api", 409);
    internal static readonly ProblemType ServiceUnknown = new("exchange.service-unknown", 404);
    internal static readonly ProblemType ServiceCodeTaken = new("exchange.service-code-taken", 409);
    internal static readonly ProblemType SystemUnknown = new("exchange.system-unknown", 404);

    internal static readonly ProblemType AlarmUnknown = new("exchange.alarm-unknown", 404);
    internal static readonly ProblemType AlarmOver = new("exchange.alarm-over", 409);
    internal static readonly ProblemType AlarmAcknowledged = new("exchange.alarm-acknowledged", 409);

    internal static readonly ProblemType CallUnknown = new("exchange.call-unknown", 404);
    internal static readonly ProblemType CallUnsealed = new("exchange.call-unsealed", 409);

    internal static readonly ProblemType CallMalformed = new("exchange.call-malformed", 400);
    internal static readonly ProblemType MemberUnknown = new("exchange.member-unknown", 404);
    internal static readonly ProblemType CallerUnknown = new("exchange.caller-unknown", 401);
    internal static readonly ProblemType NoAgreement = new("exchange.no-agreement", 403);
    internal static readonly ProblemType CallNotAgreed = new("exchange.call-not-agreed", 403);
    internal static readonly ProblemType ServiceDisabled = new("exchange.service-disabled", 503);
    internal static readonly ProblemType QuotaSpent = new("exchange.quota-spent", 429);
    internal static readonly ProblemType TooFast = new("exchange.too-fast", 429);
    internal static readonly ProblemType TooManyAtOnce = new("exchange.too-many-at-once", 429);
    internal static readonly ProblemType ServiceResting = new("exchange.service-resting", 503);
    internal static readonly ProblemType ServiceUnreachable = new("exchange.service-unreachable", 503);
    internal static readonly ProblemType ServiceSilent = new("exchange.service-silent", 504);
    internal static readonly ProblemType AnswerUnfit = new("exchange.answer-unfit", 502);
    internal static readonly ProblemType CallUnrecorded = new("exchange.call-unrecorded", 503);
    internal static readonly ProblemType CertificateUnknown = new("exchange.certificate-unknown", 404);
    internal static readonly ProblemType CertificateRevoked = new("exchange.certificate-revoked", 409);
    internal static readonly ProblemType NodeUnknown = new("exchange.node-unknown", 404);
    internal static readonly ProblemType NodeTokenInvalid = new("exchange.node-token-invalid", 401);
    internal static readonly ProblemType NodeKeysInvalid = new("exchange.node-keys-invalid", 400);
    internal static readonly ProblemType NodeSignatureInvalid = new("exchange.node-signature-invalid", 401);
    internal static readonly ProblemType NodeRequestReplayed = new("exchange.node-request-replayed", 401);
    internal static readonly ProblemType NodeClockOff = new("exchange.node-clock-off", 401);
    internal static readonly ProblemType NodeCertificateExpired = new("exchange.node-certificate-expired", 401);
    internal static readonly ProblemType NodeRevoked = new("exchange.node-revoked", 403);
    internal static readonly ProblemType NodeNotServing = new("exchange.node-not-serving", 403);
    internal static readonly ProblemType OnNode = new("exchange.on-node", 409);
    internal static readonly ProblemType RelayFull = new("exchange.relay-full", 409);
    internal static readonly ProblemType SpoolFull = new("exchange.spool-full", 409);
    internal static readonly ProblemType NodeSourceMissing = new("exchange.node-source-missing", 409);
    internal static readonly ProblemType PlatformUnreachable = new("exchange.platform-unreachable", 503);

    internal static readonly ProblemType NotMounted = new("exchange.not-mounted", 409);
    internal static readonly ProblemType NoIntake = new("exchange.no-intake", 409);
    internal static readonly ProblemType SourceUnreachable = new("exchange.source-unreachable", 503);
    internal static readonly ProblemType TargetUnreachable = new("exchange.target-unreachable", 503);
    internal static readonly ProblemType SourceChanged = new("exchange.source-changed", 422);
    internal static readonly ProblemType CaptureUnfit = new("exchange.capture-unfit", 422);
    internal static readonly ProblemType TargetUnfit = new("exchange.target-unfit", 422);
    internal static readonly ProblemType SourceRefused = new("exchange.source-refused", 422);
    internal static readonly ProblemType TargetRefused = new("exchange.target-refused", 422);
    internal static readonly ProblemType ValueDoesNotFit = new("exchange.value-does-not-fit", 422);
    internal static readonly ProblemType ProofBroken = new("exchange.proof-broken", 422);
    internal static readonly ProblemType OutOfSequence = new("exchange.out-of-sequence", 409);
    internal static readonly ProblemType StoreFull = new("exchange.store-full", 507);
    internal static readonly ProblemType StoreUnavailable = new("exchange.store-unavailable", 503);
    internal static readonly ProblemType CiphertextLost = new("exchange.ciphertext-lost", 409);

    internal static readonly ProblemType UploadMetadata = new("exchange.upload-metadata", 400);
    internal static readonly ProblemType UploadLength = new("exchange.upload-length", 400);
    internal static readonly ProblemType ChecksumUnknown = new("exchange.checksum-unknown", 400);
    internal static readonly ProblemType CrossSite = new("exchange.cross-site", 403);
    internal static readonly ProblemType UploadUnknown = new("exchange.upload-unknown", 404);
    internal static readonly ProblemType NoFileResource = new("exchange.no-file-resource", 409);
    internal static readonly ProblemType OffsetWrong = new("exchange.offset-wrong", 409);
    internal static readonly ProblemType UploadComplete = new("exchange.upload-complete", 409);
    internal static readonly ProblemType UploadGone = new("exchange.upload-gone", 410);
    internal static readonly ProblemType TusVersion = new("exchange.tus-version", 412);
    internal static readonly ProblemType UploadTooLarge = new("exchange.upload-too-large", 413);
    internal static readonly ProblemType UploadLocked = new("exchange.upload-locked", 423);
    internal static readonly ProblemType ChecksumWrong = new("exchange.checksum-wrong", 460);
    internal static readonly ProblemType FileUnknown = new("exchange.file-unknown", 404);
    internal static readonly ProblemType FileOnNode = new("exchange.file-on-node", 409);
    internal static readonly ProblemType NodeFolderUnusable = new("exchange.node-folder-unusable", 409);
    internal static readonly ProblemType FileGone = new("exchange.file-gone", 410);
    internal static readonly ProblemType FileNotConfirmed = new("exchange.file-not-confirmed", 409);
    internal static readonly ProblemType FileDigestWrong = new("exchange.file-digest-wrong", 422);
    internal static readonly ProblemType CheckerRefused = new("exchange.checker-refused", 422);
    internal static readonly ProblemType ContentBroken = new("exchange.content-broken", 422);
    internal static readonly ProblemType CheckerUnreachable = new("exchange.checker-unreachable", 503);

    internal static readonly ProblemType Internal = new("exchange.internal", 500);
}
