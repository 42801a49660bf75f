using System.Text.Json;
using System.Text.Json.Serialization;
using UpgradeProtocols;

namespace Ocpp;

// A charge point's requests and their replies. Names and shapes are those of OCPP 1.6, §6 and §7.
internal sealed record BootNotification(string ChargePointVendor, string ChargePointModel, string? ChargePointSerialNumber = null, string? FirmwareVersion = null);

internal sealed record BootAnswer(RegistrationStatus Status, DateTimeOffset CurrentTime, int Interval);

internal sealed record Heartbeat;

internal sealed record HeartbeatAnswer(DateTimeOffset CurrentTime);

internal sealed record StatusNotification(int ConnectorId, string ErrorCode, ConnectorStatus Status, DateTimeOffset? Timestamp = null, string? Info = null);

internal sealed record MeterValues(int ConnectorId, IReadOnlyList<MeterValue> MeterValue, int? TransactionId = null);

internal sealed record MeterValue(DateTimeOffset Timestamp, IReadOnlyList<SampledValue> SampledValue);

internal sealed record SampledValue(string Value, string? Measurand = null, string? Unit = null, string? Context = null);

internal sealed record Authorize(string IdTag);

internal sealed record AuthorizeAnswer(IdTagInfo IdTagInfo);

internal sealed record IdTagInfo(AuthorizationStatus Status);

internal sealed record StartTransaction(int ConnectorId, string IdTag, int MeterStart, DateTimeOffset Timestamp);

internal sealed record StartTransactionAnswer(int TransactionId, IdTagInfo IdTagInfo);

internal sealed record StopTransaction(int TransactionId, int MeterStop, DateTimeOffset Timestamp, string? IdTag = null, string? Reason = null);

internal sealed record StopTransactionAnswer(IdTagInfo? IdTagInfo = null);

// The server's requests to a charge point.
internal sealed record RemoteStartTransaction(string IdTag, int? ConnectorId = null);

internal sealed record RemoteStartAnswer(RemoteStartStatus Status);

internal enum RegistrationStatus
{
    Accepted,
    Pending,
    Rejected,
}

internal enum ConnectorStatus
{
    Available,
    Preparing,
    Charging,
    SuspendedEVSE,
    SuspendedEV,
    Finishing,
    Reserved,
    Unavailable,
    Faulted,
}

internal enum AuthorizationStatus
{
    Accepted,
    Blocked,
    Expired,
    Invalid,
    ConcurrentTx,
}

internal enum RemoteStartStatus
{
    Accepted,
    Rejected,
}

/// <summary>The server's requests. The caller awaits each reply; calls to one charge point are sent one after another.</summary>
[ClientContract]
internal interface IChargePoint
{
    [Message("RemoteStartTransaction")]
    ValueTask<RemoteStartAnswer> RemoteStartTransactionAsync(RemoteStartTransaction start, CancellationToken cancellationToken);
}

/// <summary>The operator's view of a charge point.</summary>
internal sealed record ChargePointView(
    string Id, bool IsConnected, string? Model, IReadOnlyDictionary<int, ConnectorStatus> Connectors, IReadOnlyList<TransactionView> Transactions);

internal sealed record TransactionView(int Id, string IdTag, int MeterStart, int? MeterStop, string? LastValue);

/// <summary>OCPP writes enumerations as strings, omits absent members, and doesn't accept a number for a string.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.Strict,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(BootNotification))]
[JsonSerializable(typeof(BootAnswer))]
[JsonSerializable(typeof(Heartbeat))]
[JsonSerializable(typeof(HeartbeatAnswer))]
[JsonSerializable(typeof(StatusNotification))]
[JsonSerializable(typeof(MeterValues))]
[JsonSerializable(typeof(Authorize))]
[JsonSerializable(typeof(AuthorizeAnswer))]
[JsonSerializable(typeof(StartTransaction))]
[JsonSerializable(typeof(StartTransactionAnswer))]
[JsonSerializable(typeof(StopTransaction))]
[JsonSerializable(typeof(StopTransactionAnswer))]
[JsonSerializable(typeof(RemoteStartTransaction))]
[JsonSerializable(typeof(RemoteStartAnswer))]
[JsonSerializable(typeof(IReadOnlyList<ChargePointView>))]
internal sealed partial class OcppJson : JsonSerializerContext;
