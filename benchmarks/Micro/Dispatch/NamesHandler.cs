namespace UpgradeProtocols.Benchmarks;

/// <summary>A hundred realistic message names, many of the same length: protocols with one, ten and all of them.</summary>
[UpgradeProtocol("names.1", Path = "/names")]
[UpgradeProtocol("names.10", Path = "/names")]
[UpgradeProtocol("names.100", Path = "/names")]
public sealed class NamesHandler
{
    [Message("order.create")] public void OrderCreate() { }
    [Message("order.read", Versions = ["names.10", "names.100"])] public void OrderRead() { }
    [Message("order.update", Versions = ["names.10", "names.100"])] public void OrderUpdate() { }
    [Message("order.delete", Versions = ["names.10", "names.100"])] public void OrderDelete() { }
    [Message("order.list", Versions = ["names.10", "names.100"])] public void OrderList() { }
    [Message("order.find", Versions = ["names.10", "names.100"])] public void OrderFind() { }
    [Message("order.watch", Versions = ["names.10", "names.100"])] public void OrderWatch() { }
    [Message("order.move", Versions = ["names.10", "names.100"])] public void OrderMove() { }
    [Message("order.copy", Versions = ["names.10", "names.100"])] public void OrderCopy() { }
    [Message("order.close", Versions = ["names.10", "names.100"])] public void OrderClose() { }

    [Message("item.create", Versions = ["names.100"])] public void ItemCreate() { }
    [Message("item.read", Versions = ["names.100"])] public void ItemRead() { }
    [Message("item.update", Versions = ["names.100"])] public void ItemUpdate() { }
    [Message("item.delete", Versions = ["names.100"])] public void ItemDelete() { }
    [Message("item.list", Versions = ["names.100"])] public void ItemList() { }
    [Message("item.find", Versions = ["names.100"])] public void ItemFind() { }
    [Message("item.watch", Versions = ["names.100"])] public void ItemWatch() { }
    [Message("item.move", Versions = ["names.100"])] public void ItemMove() { }
    [Message("item.copy", Versions = ["names.100"])] public void ItemCopy() { }
    [Message("item.close", Versions = ["names.100"])] public void ItemClose() { }

    [Message("user.create", Versions = ["names.100"])] public void UserCreate() { }
    [Message("user.read", Versions = ["names.100"])] public void UserRead() { }
    [Message("user.update", Versions = ["names.100"])] public void UserUpdate() { }
    [Message("user.delete", Versions = ["names.100"])] public void UserDelete() { }
    [Message("user.list", Versions = ["names.100"])] public void UserList() { }
    [Message("user.find", Versions = ["names.100"])] public void UserFind() { }
    [Message("user.watch", Versions = ["names.100"])] public void UserWatch() { }
    [Message("user.move", Versions = ["names.100"])] public void UserMove() { }
    [Message("user.copy", Versions = ["names.100"])] public void UserCopy() { }
    [Message("user.close", Versions = ["names.100"])] public void UserClose() { }

    [Message("room.create", Versions = ["names.100"])] public void RoomCreate() { }
    [Message("room.read", Versions = ["names.100"])] public void RoomRead() { }
    [Message("room.update", Versions = ["names.100"])] public void RoomUpdate() { }
    [Message("room.delete", Versions = ["names.100"])] public void RoomDelete() { }
    [Message("room.list", Versions = ["names.100"])] public void RoomList() { }
    [Message("room.find", Versions = ["names.100"])] public void RoomFind() { }
    [Message("room.watch", Versions = ["names.100"])] public void RoomWatch() { }
    [Message("room.move", Versions = ["names.100"])] public void RoomMove() { }
    [Message("room.copy", Versions = ["names.100"])] public void RoomCopy() { }
    [Message("room.close", Versions = ["names.100"])] public void RoomClose() { }

    [Message("file.create", Versions = ["names.100"])] public void FileCreate() { }
    [Message("file.read", Versions = ["names.100"])] public void FileRead() { }
    [Message("file.update", Versions = ["names.100"])] public void FileUpdate() { }
    [Message("file.delete", Versions = ["names.100"])] public void FileDelete() { }
    [Message("file.list", Versions = ["names.100"])] public void FileList() { }
    [Message("file.find", Versions = ["names.100"])] public void FileFind() { }
    [Message("file.watch", Versions = ["names.100"])] public void FileWatch() { }
    [Message("file.move", Versions = ["names.100"])] public void FileMove() { }
    [Message("file.copy", Versions = ["names.100"])] public void FileCopy() { }
    [Message("file.close", Versions = ["names.100"])] public void FileClose() { }

    [Message("message.create", Versions = ["names.100"])] public void MessageCreate() { }
    [Message("message.read", Versions = ["names.100"])] public void MessageRead() { }
    [Message("message.update", Versions = ["names.100"])] public void MessageUpdate() { }
    [Message("message.delete", Versions = ["names.100"])] public void MessageDelete() { }
    [Message("message.list", Versions = ["names.100"])] public void MessageList() { }
    [Message("message.find", Versions = ["names.100"])] public void MessageFind() { }
    [Message("message.watch", Versions = ["names.100"])] public void MessageWatch() { }
    [Message("message.move", Versions = ["names.100"])] public void MessageMove() { }
    [Message("message.copy", Versions = ["names.100"])] public void MessageCopy() { }
    [Message("message.close", Versions = ["names.100"])] public void MessageClose() { }

    [Message("device.create", Versions = ["names.100"])] public void DeviceCreate() { }
    [Message("device.read", Versions = ["names.100"])] public void DeviceRead() { }
    [Message("device.update", Versions = ["names.100"])] public void DeviceUpdate() { }
    [Message("device.delete", Versions = ["names.100"])] public void DeviceDelete() { }
    [Message("device.list", Versions = ["names.100"])] public void DeviceList() { }
    [Message("device.find", Versions = ["names.100"])] public void DeviceFind() { }
    [Message("device.watch", Versions = ["names.100"])] public void DeviceWatch() { }
    [Message("device.move", Versions = ["names.100"])] public void DeviceMove() { }
    [Message("device.copy", Versions = ["names.100"])] public void DeviceCopy() { }
    [Message("device.close", Versions = ["names.100"])] public void DeviceClose() { }

    [Message("session.create", Versions = ["names.100"])] public void SessionCreate() { }
    [Message("session.read", Versions = ["names.100"])] public void SessionRead() { }
    [Message("session.update", Versions = ["names.100"])] public void SessionUpdate() { }
    [Message("session.delete", Versions = ["names.100"])] public void SessionDelete() { }
    [Message("session.list", Versions = ["names.100"])] public void SessionList() { }
    [Message("session.find", Versions = ["names.100"])] public void SessionFind() { }
    [Message("session.watch", Versions = ["names.100"])] public void SessionWatch() { }
    [Message("session.move", Versions = ["names.100"])] public void SessionMove() { }
    [Message("session.copy", Versions = ["names.100"])] public void SessionCopy() { }
    [Message("session.close", Versions = ["names.100"])] public void SessionClose() { }

    [Message("account.create", Versions = ["names.100"])] public void AccountCreate() { }
    [Message("account.read", Versions = ["names.100"])] public void AccountRead() { }
    [Message("account.update", Versions = ["names.100"])] public void AccountUpdate() { }
    [Message("account.delete", Versions = ["names.100"])] public void AccountDelete() { }
    [Message("account.list", Versions = ["names.100"])] public void AccountList() { }
    [Message("account.find", Versions = ["names.100"])] public void AccountFind() { }
    [Message("account.watch", Versions = ["names.100"])] public void AccountWatch() { }
    [Message("account.move", Versions = ["names.100"])] public void AccountMove() { }
    [Message("account.copy", Versions = ["names.100"])] public void AccountCopy() { }
    [Message("account.close", Versions = ["names.100"])] public void AccountClose() { }

    [Message("report.create", Versions = ["names.100"])] public void ReportCreate() { }
    [Message("report.read", Versions = ["names.100"])] public void ReportRead() { }
    [Message("report.update", Versions = ["names.100"])] public void ReportUpdate() { }
    [Message("report.delete", Versions = ["names.100"])] public void ReportDelete() { }
    [Message("report.list", Versions = ["names.100"])] public void ReportList() { }
    [Message("report.find", Versions = ["names.100"])] public void ReportFind() { }
    [Message("report.watch", Versions = ["names.100"])] public void ReportWatch() { }
    [Message("report.move", Versions = ["names.100"])] public void ReportMove() { }
    [Message("report.copy", Versions = ["names.100"])] public void ReportCopy() { }
    [Message("report.close", Versions = ["names.100"])] public void ReportClose() { }
}
